import type { UserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import { putMembership } from './membership.ts';
import type { JsonObject } from './reply.ts';
import type { Room } from './room.ts';
import type { World } from './world.ts';

export interface UpgradeOptions {
  readonly version: string;
  /** The new create event names the old room; without it a client must not follow. Default true. */
  readonly predecessor?: boolean;
  /** The new room is encrypted if the old one is; false drops it, which a client must refuse. Default true. */
  readonly keepEncryption?: boolean;
}

/** State that Synapse carries over, besides create event, power levels and encryption. */
const carried = [
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
] as const;

/**
 * Replaces a room as client-server API §11.34 says: a new room that names its predecessor, a tombstone in the old one,
 * aliases moved, members not. Then only who may send state can still send to the old one.
 */
export function upgradeRoom(world: World, old: Room, by: UserId, options: UpgradeOptions): Room {
  const { version, predecessor = true, keepEncryption = true } = options;
  const type = old.state('m.room.create', '')?.content['type'];
  const room = world.rooms.open(by, version, {
    ...(Number(version) < 11 ? { creator: by } : {}),
    ...(type === undefined ? {} : { type }),
    ...(predecessor ? { predecessor: { room_id: old.roomId } } : {}),
    room_version: version,
  });
  putMembership(world, room, by, by, 'join');
  const levels = old.state('m.room.power_levels', '')?.content ?? {};
  world.rooms.setState(room, by, 'm.room.power_levels', '', levelsFor(room, by, levels));
  for (const name of keepEncryption ? [...carried, 'm.room.encryption'] : carried) {
    const content = old.state(name, '')?.content;
    if (content !== undefined) world.rooms.setState(room, by, name, '', content);
  }
  world.rooms.setState(old, by, 'm.room.tombstone', '', {
    body: 'This room has been replaced',
    replacement_room: room.roomId,
  });
  moveAliases(world, old, room, by);
  closeRoom(world, old, by, levels);
  return room;
}

function levelsFor(room: Room, by: UserId, levels: JsonObject): JsonObject {
  if (!room.hasCreators) return levels;
  const users = isObject(levels['users']) ? Object.entries(levels['users']) : [];
  const events = isObject(levels['events']) ? levels['events'] : {};
  return {
    ...levels,
    users: Object.fromEntries(users.filter(([userId]) => userId !== by)),
    events: { ...events, 'm.room.tombstone': 150 },
  };
}

function moveAliases(world: World, old: Room, room: Room, by: UserId): void {
  for (const [alias, { roomId, createdBy }] of world.rooms.aliases) {
    if (roomId === old.roomId) world.rooms.aliases.set(alias, { roomId: room.roomId, createdBy });
  }
  const canonical = old.state('m.room.canonical_alias', '')?.content;
  if (canonical === undefined) return;
  world.rooms.setState(old, by, 'm.room.canonical_alias', '', {});
  world.rooms.setState(room, by, 'm.room.canonical_alias', '', canonical);
}

function closeRoom(world: World, old: Room, by: UserId, levels: JsonObject): void {
  const usersDefault = typeof levels['users_default'] === 'number' ? levels['users_default'] : 0;
  const closed = Math.max(50, usersDefault + 1);
  world.rooms.setState(old, by, 'm.room.power_levels', '', {
    ...levels,
    events_default: closed,
    invite: closed,
  });
}
