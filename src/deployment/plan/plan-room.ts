import type { DesiredRoom } from '../desired.ts';
import { regainable } from '../levels/gain-power.ts';
import { botLevel, creatorsStandAbove } from '../levels/power.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Finding, Plan, Step } from './plan.ts';
import { planAliases } from './plan-aliases.ts';
import type { PlanContext } from './plan-context.ts';
import { planEntry } from './plan-entry.ts';
import { planLevels } from './plan-levels.ts';
import { planState } from './plan-state.ts';
import { doubtsOf } from './room-doubts.ts';

/** The steps for a room that is there. A bot that is outside only enters: what it may do inside is seen then. */
export function planRoom(room: DesiredRoom, view: RoomView, context: PlanContext): Plan {
  const fixed = [...unchangeable(room, view, context), ...doubtsOf(room, view, context)];
  if (view.membershipOf(context.botUserId) !== 'join') {
    const entry = planEntry(room, view, context);
    return { steps: entry.steps, findings: [...entry.findings, ...fixed] };
  }
  const levels = planLevels(room, view, context);
  const state = planState(room, view, levels.after, context);
  const aliases = planAliases(room, view, levels.after, context);
  const parts = [levels, state, aliases];
  const steps = parts.flatMap((part): readonly Step[] => part.steps);
  const findings = parts.flatMap((part): readonly Finding[] => part.findings);
  const blocked = parts.flatMap((part): readonly Finding[] => part.blocked);
  const { key } = room;
  // Even where nothing is blocked now, the levels of people will be.
  if (regainable(view, context.botUserId, context.deployment.serverName)) {
    const why = 'a member of this homeserver has more power than the bot';
    const regain: Step = { kind: 'regain', key, roomId: view.roomId, why };
    return { steps: [regain, ...steps], findings: [...findings, ...fixed] };
  }
  return { steps, findings: [...findings, ...blocked, ...fixed, ...limits(room, view, context)] };
}

/** What was decided when the room was made. */
function unchangeable(room: DesiredRoom, view: RoomView, { deployment }: PlanContext): Finding[] {
  const { key } = room;
  const { roomVersion, federation } = deployment;
  const findings = encrypted(room, view);
  if (roomVersion !== undefined && view.version !== roomVersion) {
    findings.push({
      kind: 'note',
      key,
      field: 'room_version',
      reason: `The room is of version ${view.version}; ${roomVersion} is for rooms that are made.`,
      wayOut: 'Upgrade the room in a client; the deployment follows.',
    });
  }
  if (view.federates && !federation) {
    findings.push({
      kind: 'note',
      key,
      field: 'federation',
      reason: 'The room was made for other homeservers too, which can never be changed.',
      wayOut: 'Set `acl` with `allow` of this server alone.',
    });
  }
  return findings;
}

/** A room in clear that is not. */
function encrypted({ key, kind, encryption }: DesiredRoom, view: RoomView): Finding[] {
  const isEncrypted = view.content('m.room.encryption')?.['algorithm'] !== undefined;
  if (encryption.value || !isEncrypted || encryption.drift === 'ignore') return [];
  const finding: Finding = {
    kind: encryption.drift === 'enforce' ? 'unfixable' : 'note',
    key,
    field: 'encryption',
    reason: 'The room is encrypted, which can never be taken back.',
    wayOut:
      kind === 'space'
        ? 'Set `drift: { encryption: ignore }` for the space.'
        : 'Set `encryption: true`, or have another room made.',
  };
  return [finding];
}

/** What the bot will never be able to do here. */
function limits(room: DesiredRoom, view: RoomView, { botUserId }: PlanContext): Finding[] {
  const power = view.powerOf(botUserId);
  const needed = creatorsStandAbove(view.version) === true ? Number.POSITIVE_INFINITY : botLevel;
  if (power >= needed || view.powerLevels === undefined) return [];
  return [
    {
      kind: 'note',
      key: room.key,
      field: 'power_levels',
      reason: `The bot has power ${power} here and can neither demote nor remove who has as much.`,
      wayOut:
        'Let them step down by themselves, or have another room made with `if_taken: replace`.',
    },
  ];
}
