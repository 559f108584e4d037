import type { UserId } from '../../matrix/ids.ts';
import { type JsonObject, objectOf } from '../../matrix/json.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import { levelsAtCreation } from '../levels/power.ts';
import { markerType } from '../observed/marker.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Finding } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

/** More users or events than these say nothing new. */
const shownMax = 20;

/** What the specification gives where a room says nothing ("m.room.power_levels"). */
const unsaid: Readonly<Record<string, number>> = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
};

/**
 * Levels that somebody gave and that neither the file nor a role says, as findings: they stay, and are told. `levels` are
 * those that the room has once the file's own are set.
 */
export function unnamedLevels(
  room: DesiredRoom,
  view: RoomView,
  levels: JsonObject,
  context: PlanContext,
): Finding[] {
  const { botUserId } = context;
  if (room.levels.drift === 'ignore') return [];
  const made = levelsAtCreation(room, { roomVersion: view.version, botUserId });
  const reasons = [
    ...changedDefaults(room, levels, made),
    ...changedEvents(room, view, levels, made).slice(0, shownMax),
    ...changedNotifications(room, levels, made),
    ...raisedUsers(room, view, levels, context).slice(0, shownMax),
  ];
  return reasons.map((reason) => ({
    kind: 'drift',
    key: room.key,
    field: 'power_levels',
    reason,
    wayOut: 'To keep it, name it in `power_levels`; to undo it, change it in a client.',
  }));
}

const differs = (name: string, is: number, made: number): string =>
  `${name} is ${is} and was made ${made}; the file does not say it.`;

function changedDefaults(
  { levels: { value } }: DesiredRoom,
  levels: JsonObject,
  made: JsonObject,
): string[] {
  return Object.entries(unsaid).flatMap(([name, otherwise]) => {
    const [is, was] = [Number(levels[name] ?? otherwise), Number(made[name])];
    return value.defaults.has(name) || is === was ? [] : [differs(name, is, was)];
  });
}

function changedEvents(
  { levels: { value } }: DesiredRoom,
  view: RoomView,
  levels: JsonObject,
  made: JsonObject,
): string[] {
  const [events, madeEvents] = [objectOf(levels['events']) ?? {}, objectOf(made['events']) ?? {}];
  const types = new Set([...Object.keys(events), ...Object.keys(madeEvents)]);
  return [...types].sort().flatMap((type) => {
    // Whoever may write whose the room is, is seen to elsewhere.
    if (value.events.has(type) || type === markerType) return [];
    const is = levelToSend(type, true, levels);
    if (Object.hasOwn(madeEvents, type)) {
      const was = Number(madeEvents[type]);
      return is === was ? [] : [differs(`events.${type}`, is, was)];
    }
    return isByDefault(type, is, view, levels)
      ? []
      : [`events.${type} is ${is}; the file does not say it.`];
  });
}

/** A level that says nothing else than the room's defaults. What is not in the room's state may be state or message. */
function isByDefault(type: string, level: number, view: RoomView, levels: JsonObject): boolean {
  const { events: _, ...defaults } = levels;
  const isState = view.contentsOf(type).size > 0;
  return (
    level === levelToSend(type, true, defaults) &&
    (isState || level === levelToSend(type, false, defaults))
  );
}

function changedNotifications(
  { levels: { value } }: DesiredRoom,
  levels: JsonObject,
  made: JsonObject,
): string[] {
  const was = Number(objectOf(made['notifications'])?.['room']);
  const is = Number(objectOf(levels['notifications'])?.['room'] ?? was);
  if (value.notifications.has('room') || is === was) return [];
  return [differs('notifications.room', is, was)];
}

/** Users with a level that neither the file, nor any role that enters this room, gives. */
function raisedUsers(
  { key, levels: { value } }: DesiredRoom,
  view: RoomView,
  levels: JsonObject,
  { deployment, botUserId }: PlanContext,
): string[] {
  const given = new Set([Number(levels['users_default'] ?? 0)]);
  for (const { rooms, level } of deployment.roles.values()) {
    if (rooms.includes(key)) given.add(level);
  }
  return Object.entries(objectOf(levels['users']) ?? {}).flatMap(([name, level]) => {
    const userId = name as UserId;
    const isKnown = userId === botUserId || value.users.has(userId) || given.has(Number(level));
    if (isKnown || !Number.isFinite(view.powerOf(userId))) return [];
    return [`${name} has level ${Number(level)}, which neither the file nor a role gives.`];
  });
}
