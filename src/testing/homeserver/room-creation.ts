import { parseUserId, type RoomAlias, type UserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import { putMembership } from './membership.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { Room } from './room.ts';
import type { World } from './world.ts';

/** What Synapse 1.163 knows as stable. */
export const roomVersions: readonly string[] = [
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'],
];

const presets = ['private_chat', 'trusted_private_chat', 'public_chat'] as const;

interface Wishes {
  readonly version: string;
  readonly preset: (typeof presets)[number];
  readonly alias: RoomAlias | undefined;
  readonly invite: readonly UserId[];
  readonly initialState: readonly FirstState[];
  readonly powerLevels: JsonObject;
  readonly creationContent: JsonObject;
  readonly name: unknown;
  readonly topic: unknown;
}

/**
 * Makes a room from a createRoom body, its events in the order of client-server API §11.1.
 * @throws Refusal 400 in Synapse's words.
 */
export function createRoom(world: World, creator: UserId, body: JsonObject): Room {
  const wishes = readWishes(world, body);
  const room = openRoom(world, creator, wishes);
  putMembership(world, room, creator, creator, 'join');
  for (const { type, key = '', content } of firstState(room, creator, wishes)) {
    world.rooms.setState(room, creator, type, key, content);
  }
  if (wishes.alias !== undefined) {
    world.rooms.aliases.set(wishes.alias, { roomId: room.roomId, createdBy: creator });
  }
  for (const userId of wishes.invite) putMembership(world, room, creator, userId, 'invite');
  return room;
}

interface FirstState {
  readonly type: string;
  readonly key?: string;
  readonly content: JsonObject;
}

function firstState(room: Room, creator: UserId, wishes: Wishes): readonly FirstState[] {
  const { alias, name, topic } = wishes;
  const isPublic = wishes.preset === 'public_chat';
  const levels = { ...defaultPowerLevels(room, creator, wishes), ...wishes.powerLevels };
  const first: FirstState[] = [{ type: 'm.room.power_levels', content: levels }];
  if (alias !== undefined) first.push({ type: 'm.room.canonical_alias', content: { alias } });
  first.push(
    { type: 'm.room.join_rules', content: { join_rule: isPublic ? 'public' : 'invite' } },
    { type: 'm.room.history_visibility', content: { history_visibility: 'shared' } },
  );
  if (!isPublic) first.push({ type: 'm.room.guest_access', content: { guest_access: 'can_join' } });
  first.push(...wishes.initialState);
  if (typeof name === 'string') first.push({ type: 'm.room.name', content: { name } });
  if (typeof topic === 'string') first.push({ type: 'm.room.topic', content: { topic } });
  return first;
}

function readInitialState(value: unknown): readonly FirstState[] {
  const events = Array.isArray(value) ? value.filter(isObject) : [];
  return events.map(({ type, state_key: key, content }) => {
    if (typeof type !== 'string' || !isObject(content)) {
      throw new Refusal(400, 'M_BAD_JSON', 'initial_state has an event without type or content');
    }
    return { type, key: typeof key === 'string' ? key : '', content };
  });
}

function openRoom(world: World, creator: UserId, wishes: Wishes): Room {
  const number = Number(wishes.version);
  const trusted = wishes.preset === 'trusted_private_chat' && wishes.invite.length > 0;
  const users = wishes.powerLevels['users'];
  if (number >= 12 && isObject(users) && creator in users) throw creatorInUsers(creator);
  return world.rooms.open(creator, wishes.version, {
    ...wishes.creationContent,
    ...(number < 11 ? { creator } : {}),
    ...(number >= 12 && trusted ? { additional_creators: wishes.invite } : {}),
    room_version: wishes.version,
  });
}

/** Room versions §12: a creator's power is not a number. */
export function creatorInUsers(userId: string): Refusal {
  return new Refusal(400, 'M_UNKNOWN', `Creator user ${userId} must not appear in content.users`);
}

function readWishes(world: World, body: JsonObject): Wishes {
  const version = body['room_version'] ?? world.roomVersion;
  if (typeof version !== 'string' || !roomVersions.includes(version)) throw unsupportedVersion();
  const fallback = body['visibility'] === 'public' ? 'public_chat' : 'private_chat';
  const preset = presets.find((known) => known === (body['preset'] ?? fallback));
  if (preset === undefined) {
    const given = JSON.stringify(body['preset']);
    throw new Refusal(400, 'M_BAD_JSON', `${given.replaceAll('"', "'")} is not a valid preset`);
  }
  return {
    version,
    preset,
    alias: readAlias(world, body['room_alias_name']),
    invite: readInvite(body['invite']),
    initialState: readInitialState(body['initial_state']),
    powerLevels: objectOrEmpty(body['power_level_content_override']),
    creationContent: objectOrEmpty(body['creation_content']),
    name: body['name'],
    topic: body['topic'],
  };
}

export function unsupportedVersion(): Refusal {
  return new Refusal(
    400,
    'M_UNSUPPORTED_ROOM_VERSION',
    'Your homeserver does not support this room version',
  );
}

function readAlias(world: World, localpart: unknown): RoomAlias | undefined {
  if (typeof localpart !== 'string') return undefined;
  if (/[\s:#]/.test(localpart)) {
    throw new Refusal(400, 'M_UNKNOWN', 'Invalid characters in room alias');
  }
  const alias = `#${localpart}:${world.serverName}` as RoomAlias;
  if (world.rooms.aliases.has(alias)) {
    throw new Refusal(400, 'M_ROOM_IN_USE', 'Room alias already taken');
  }
  return alias;
}

function readInvite(value: unknown): readonly UserId[] {
  const invited = Array.isArray(value) ? value.map(String) : [];
  return invited.map((text) => {
    const userId = parseUserId(text);
    if (userId === undefined) throw new Refusal(400, 'M_UNKNOWN', `Invalid user_id: ${text}`);
    return userId;
  });
}

const objectOrEmpty = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Synapse's defaults; its level names need no quotes in the specification's §11.2.2. */
function defaultPowerLevels(room: Room, creator: UserId, wishes: Wishes): JsonObject {
  const trusted = wishes.preset === 'trusted_private_chat' ? wishes.invite : [];
  const users = room.hasCreators ? [] : [creator, ...trusted];
  return {
    users: Object.fromEntries(users.map((userId) => [userId, 100])),
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      'm.room.tombstone': room.hasCreators ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: wishes.preset === 'public_chat' ? 50 : 0,
    historical: 100,
  };
}
