import type { UserId } from '../../matrix/ids.ts';
import { isJsonObject, type JsonObject, objectOf } from '../../matrix/json.ts';
import { powerOf } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import { markerType } from '../observed/marker.ts';
import { fallenDefaults, fallenEvents } from './fallen-levels.ts';
import { protectedLevels, tombstoneLevelUnderCreators } from './server-protected-levels.ts';

/** Above every level that the deployment gives, so that the bot can lower them all again. */
export const botLevel = 200;
/** The specification's moderator. */
const moderator = 50;
/** The specification's administrator. */
const administrator = 100;

/** Who makes a room, and in which version. */
export interface CreationContext {
  readonly roomVersion: string;
  readonly botUserId: UserId;
}

/**
 * Whether creators of rooms of this version stand above all levels and may not be named in them (room version 12 and
 * later); undefined: nobody knows this version.
 */
export function creatorsStandAbove(roomVersion: string): boolean | undefined {
  if (!/^\d{1,4}$/.test(roomVersion) && !roomVersion.startsWith('org.matrix.hydra.')) {
    return undefined;
  }
  const create = { sender: '@creator:x', content: {} };
  return powerOf('@creator:x', {}, create, roomVersion) === Number.POSITIVE_INFINITY;
}

/** The whole power levels of a room that the bot makes. */
export function levelsAtCreation(room: DesiredRoom, context: CreationContext): JsonObject {
  const above = creatorsStandAbove(context.roomVersion) === true;
  const { defaults, events, users, notifications } = room.levels.value;
  const protectedHere = [...protectedLevels].map(([type, level]): [string, number] => [
    type,
    type === 'm.room.tombstone' && above ? tombstoneLevelUnderCreators : level,
  ]);
  return {
    users_default: 0,
    // In a space people find rooms and do not talk.
    events_default: room.kind === 'space' ? administrator : 0,
    state_default: moderator,
    ban: moderator,
    kick: moderator,
    redact: moderator,
    invite: moderator,
    ...Object.fromEntries(defaults),
    events: {
      'm.room.name': moderator,
      'm.room.avatar': moderator,
      'm.room.canonical_alias': moderator,
      ...(room.kind === 'space' ? { 'm.space.child': administrator } : {}),
      // Whoever could write it could make the room somebody else's.
      [markerType]: above ? tombstoneLevelUnderCreators : botLevel,
      ...Object.fromEntries(protectedHere),
      ...Object.fromEntries(events),
    },
    notifications: { room: moderator, ...Object.fromEntries(notifications) },
    users: { ...(above ? {} : { [context.botUserId]: botLevel }), ...Object.fromEntries(users) },
  };
}

/**
 * The power levels that a room has, changed to what the file names: everything else stays, but what the homeserver's
 * defaults protect is never lowered and is raised where it has fallen, and nobody has power by merely being there.
 */
export function levelsMerged(
  room: DesiredRoom,
  before: JsonObject,
  isCreator: (userId: UserId) => boolean = () => false,
): JsonObject {
  const { defaults, events, users, notifications } = room.levels.value;
  // Where creators stand above all levels, the room takes no levels that name one.
  const named = [...users].filter(([userId]) => !isCreator(userId));
  return {
    ...before,
    ...changed(before, [...fallenDefaults(before, defaults), ...defaults]),
    ...under('events', before, [...fallenEvents(before, events), ...events]),
    ...under('notifications', before, [...notifications]),
    ...under('users', before, named),
  };
}

/** Only what differs, so that a level written as text in an old room is left as it is. */
function changed(
  before: JsonObject,
  levels: Iterable<readonly [string, number]>,
): Record<string, number> {
  const different = [...levels].filter(
    ([name, level]) => !Object.hasOwn(before, name) || Number(before[name]) !== level,
  );
  return Object.fromEntries(different);
}

function under(
  name: 'events' | 'notifications' | 'users',
  before: JsonObject,
  levels: Iterable<readonly [string, number]>,
): JsonObject {
  const inner = objectOf(before[name]) ?? {};
  const difference = changed(inner, levels);
  if (Object.keys(difference).length === 0) return {};
  return { [name]: { ...inner, ...difference } };
}

/** Power levels with other levels for some users; undefined takes an entry away. */
export function levelsWithUsers(
  before: JsonObject,
  levels: ReadonlyMap<UserId, number | undefined>,
): JsonObject {
  const users: Record<string, unknown> = { ...objectOf(before['users']) };
  for (const [userId, level] of levels) {
    if (level === undefined) delete users[userId];
    else if (Number(users[userId]) !== level) users[userId] = level;
  }
  return { ...before, users };
}

/** Whether two power levels say the same. */
export function sameLevels(one: JsonObject, other: JsonObject): boolean {
  return differences(one, other).length === 0;
}

/** One level that differs: `path` is its name, or a map's name and the name in it. */
export interface LevelChange {
  readonly path: readonly [string] | readonly [string, string];
  readonly before: unknown;
  readonly after: unknown;
}

/** A change as people read it, such as `events.m.room.name from 50 to 100`. */
export function describeChange({ path, before, after }: LevelChange): string {
  const from = before === undefined ? '' : ` from ${JSON.stringify(before)}`;
  return `${path.join('.')}${from} to ${after === undefined ? 'nothing' : JSON.stringify(after)}`;
}

/** Every level that differs between two power levels, in the order of the names. */
export function differences(before: JsonObject, after: JsonObject): LevelChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): LevelChange[] => {
    const [one, other] = [before[name], after[name]];
    if (!isJsonObject(one) && !isJsonObject(other)) {
      return one === other ? [] : [{ path: [name], before: one, after: other }];
    }
    const [from, to] = [objectOf(one) ?? {}, objectOf(other) ?? {}];
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .sort()
      .filter((inner) => from[inner] !== to[inner])
      .map((inner) => ({ path: [name, inner], before: from[inner], after: to[inner] }));
  });
}
