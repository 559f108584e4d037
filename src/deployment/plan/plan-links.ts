import { levelToSend } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import { isUnknown } from '../observed/choose-room.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Finding, Plan, Step } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { wantedChild } from './wanted-state.ts';

/** The steps that make the space list the rooms of the file, and no room that one of them replaced. */
export function planLinks(context: PlanContext): Plan {
  const { space, choices } = context;
  const choice = space === undefined ? undefined : choices.get(space.key);
  if (space === undefined || choice === undefined || isUnknown(choice)) {
    return { steps: [], findings: [] };
  }
  const view = choice.kind === 'use' ? choice.room : undefined;
  // The bot has to come in first; then everything is looked at again.
  if (view !== undefined && view.membershipOf(context.botUserId) !== 'join') {
    return { steps: [], findings: [] };
  }
  const plan: { steps: Step[]; findings: Finding[] } = { steps: [], findings: [] };
  for (const step of [
    ...missingChildren(context, view, plan.findings),
    ...staleChildren(context, view),
  ]) {
    if (step.kind !== 'set' || maySet(context, view)) plan.steps.push(step);
    else plan.findings.push(powerless(step.key, step.stateKey));
  }
  plan.findings.push(...foreignChildren(context, view));
  return plan;
}

const maySet = ({ botUserId }: PlanContext, view: RoomView | undefined): boolean =>
  view === undefined ||
  view.powerOf(botUserId) >= levelToSend('m.space.child', true, view.powerLevels);

const powerless = (key: string, child: string): Finding => ({
  kind: 'unfixable',
  key,
  field: 'link',
  reason: `The bot has no power to change what the space says of ${child}.`,
  wayOut: 'Let somebody with power in the space raise the bot.',
});

function missingChildren(
  context: PlanContext,
  view: RoomView | undefined,
  findings: Finding[],
): Step[] {
  const { deployment, space, choices } = context;
  return deployment.rooms
    .filter((room) => room !== space && !isUnknown(choices.get(room.key)))
    .flatMap((room) => missingChild(room, context, view, findings));
}

function missingChild(
  room: DesiredRoom,
  { deployment, space, idOf }: PlanContext,
  view: RoomView | undefined,
  findings: Finding[],
): Step[] {
  const wanted = wantedChild(room, idOf(room.key), deployment.serverName);
  const { type, stateKey, field, drift } = wanted;
  const found = view?.content(type, stateKey);
  if (space === undefined || wanted.holds(found)) return [];
  const isNew = wanted.isOutdated?.(found) === true;
  const why = `the space ${isNew ? 'does not list' : 'should list differently'} ${room.key}`;
  if (drift === 'enforce' || isNew) {
    const { key } = space;
    const content = wanted.content(found);
    const roomId = idOf(key);
    return [{ kind: 'set', key, why, field, roomId, type, stateKey, found, content }];
  }
  if (drift === 'once') {
    const reason = `It is listed as ${JSON.stringify(found)}.`;
    findings.push({ kind: 'drift', key: room.key, field, reason, wayOut: undefined });
  }
  return [];
}

const isListed = (content: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(content['via']) && content['via'].length > 0;

/** Links to rooms that were replaced. */
function staleChildren(context: PlanContext, view: RoomView | undefined): Step[] {
  const { space, idOf } = context;
  if (space === undefined || view === undefined) return [];
  const former = formerRooms(context);
  return [...view.contentsOf('m.space.child')]
    .filter(([child, content]) => former.has(child) && isListed(content))
    .map(([stateKey, found]) => ({
      kind: 'set',
      key: space.key,
      why: 'that room was replaced',
      field: 'link',
      roomId: idOf(space.key),
      type: 'm.space.child',
      stateKey,
      found,
      content: {},
    }));
}

function formerRooms({ choices }: PlanContext): Set<string> {
  const former = [...choices.values()].flatMap((choice): readonly string[] =>
    isUnknown(choice) ? [] : choice.former,
  );
  return new Set(former);
}

/** More than these say nothing new. */
const foreignShownMax = 20;

function foreignChildren(context: PlanContext, view: RoomView | undefined): Finding[] {
  const { deployment, space, idOf, choices } = context;
  if (space === undefined || view === undefined) return [];
  // A child may be the room of the file that cannot be seen now.
  if ([...choices.values()].some(isUnknown)) return [];
  const known = new Set([...deployment.rooms.map(({ key }) => idOf(key)), ...formerRooms(context)]);
  return [...view.contentsOf('m.space.child')]
    .filter(([child, content]) => !known.has(child) && isListed(content))
    .slice(0, foreignShownMax)
    .map(([child]) => ({
      kind: 'note',
      key: space.key,
      field: 'link',
      reason: `The space lists ${child}, which is not in the file.`,
      wayOut: undefined,
    }));
}
