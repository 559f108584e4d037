import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../matrix/json.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import { isAlone } from '../observed/choose-room.ts';
import { markerContent, markerOf, markerType } from '../observed/marker.ts';
import type { RoomView } from '../observed/room-view.ts';
import { tooOldFor } from './choose-version.ts';
import type { Finding, SetStep } from './plan.ts';
import { isSpaceStuck, type PlanContext } from './plan-context.ts';
import { planPinned } from './plan-pinned.ts';
import { lacksPower, type PlannedPart } from './planned-part.ts';
import { admitsByMembership, type WantedState, wantedState } from './wanted-state.ts';

/** The steps for a room's state beside its power levels; `levels` are those that hold when the steps are taken. */
export function planState(
  room: DesiredRoom,
  view: RoomView,
  levels: JsonObject | undefined,
  context: PlanContext,
): PlannedPart {
  const { deployment, botUserId, space, idOf } = context;
  const marker = markerOf(view, botUserId);
  const part = new StatePart(room, view, levels, context);
  planMarker(room, view, part, context);
  const spaceId = space === undefined || space === room ? undefined : idOf(space.key);
  // Half made: nobody can have wanted it so, as nobody but the bot ever was in it.
  const isHalfMade =
    marker === undefined && view.create?.sender === botUserId && isAlone(view, botUserId);
  for (const wanted of wantedState(room, { spaceId, serverName: deployment.serverName })) {
    if (!isWaiting(wanted, room, context)) part.compare(wanted, isHalfMade);
  }
  const pinned = planPinned(room, view, marker);
  return {
    steps: [...part.steps, ...pinned.steps],
    findings: [...part.findings, ...pinned.findings],
    blocked: part.blocked,
  };
}

/** What the room says of whose it is. */
function planMarker(
  room: DesiredRoom,
  view: RoomView,
  part: StatePart,
  context: PlanContext,
): void {
  const { deployment, botUserId } = context;
  const marker = markerOf(view, botUserId);
  const isMarked = marker?.key === room.key && marker.deployment === deployment.name;
  const aliases = aliasesHere(room, view, isMarked ? marker.aliases : [], context);
  if (isMarked && isDeepStrictEqual(marker.aliases, aliases)) return;
  // That the aliases are not noted is no trouble that anybody would have to mend by hand.
  if (isMarked && !part.maySet(markerType)) return;
  const content = { deployment: deployment.name, key: room.key, aliases, pinned: marker?.pinned };
  const why = isMarked ? 'which aliases are its own' : 'whose it is';
  part.set(markerType, markerContent(content), 'key', `the room does not say ${why}`);
}

/** The aliases of the file that lead here, or did before somebody moved them. */
function aliasesHere(
  { key, alias, aliases }: DesiredRoom,
  { roomId }: RoomView,
  before: readonly string[],
  { observed }: PlanContext,
): string[] {
  const found = observed.rooms.get(key)?.aliases;
  const wanted = alias === undefined ? aliases : [alias, ...aliases];
  return wanted.filter((name) => found?.get(name)?.roomId === roomId || before.includes(name));
}

/** Whether a state would name a space that is not there. */
function isWaiting({ field }: WantedState, room: DesiredRoom, context: PlanContext): boolean {
  if (room.kind === 'space' || !isSpaceStuck(context)) return false;
  return field === 'link' || (field === 'join_rule' && admitsByMembership(room.joinRule.value));
}

class StatePart {
  readonly steps: SetStep[] = [];
  readonly findings: Finding[] = [];
  readonly blocked: Finding[] = [];
  readonly #room: DesiredRoom;
  readonly #view: RoomView;
  readonly #levels: JsonObject | undefined;
  readonly #power: number;

  constructor(
    room: DesiredRoom,
    view: RoomView,
    levels: JsonObject | undefined,
    context: PlanContext,
  ) {
    this.#room = room;
    this.#view = view;
    this.#levels = levels;
    // A room without power levels is given ones in which the bot is the strongest.
    this.#power =
      view.powerLevels === undefined ? Number.POSITIVE_INFINITY : view.powerOf(context.botUserId);
  }

  compare(wanted: WantedState, isHalfMade: boolean): void {
    const { type, stateKey, field, drift } = wanted;
    const found = this.#view.content(type, stateKey);
    if (wanted.holds(found)) return;
    const isOutdated = drift === 'once' && wanted.isOutdated?.(found) === true;
    if (drift === 'enforce' || isHalfMade || isOutdated) {
      this.#write(wanted, found);
    } else if (drift === 'once') {
      const reason = `It is ${JSON.stringify(found ?? null)} and not as it was made.`;
      const { key } = this.#room;
      this.findings.push({ kind: 'drift', key, field, reason, wayOut: undefined });
    }
  }

  #write(wanted: WantedState, found: JsonObject | undefined): void {
    const { field, type, stateKey } = wanted;
    const problem =
      field === 'join_rule' ? tooOldFor(this.#room.joinRule.value, this.#view.version) : undefined;
    if (problem !== undefined) {
      const wayOut = 'Upgrade the room in a client, or choose another join rule.';
      const { key } = this.#room;
      this.findings.push({ kind: 'unfixable', key, field, reason: `The ${problem}`, wayOut });
      return;
    }
    const why = found === undefined ? 'it is not set' : `it is ${JSON.stringify(found)}`;
    this.set(type, wanted.content(found), field, why, stateKey);
  }

  maySet(type: string): boolean {
    return this.#power >= levelToSend(type, true, this.#levels);
  }

  set(type: string, content: JsonObject, field: string, why: string, stateKey = ''): void {
    const { key } = this.#room;
    const needed = levelToSend(type, true, this.#levels);
    if (this.#power < needed) {
      const reason = `It takes power ${needed} to set ${type}, and the bot has ${this.#power}.`;
      this.blocked.push(lacksPower(key, field, reason));
      return;
    }
    const found = this.#view.content(type, stateKey);
    const { roomId } = this.#view;
    this.steps.push({ kind: 'set', key, why, field, roomId, type, stateKey, found, content });
  }
}
