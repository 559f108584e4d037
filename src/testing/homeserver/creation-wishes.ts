import { parseUserId, type RoomAlias, type UserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { World } from './world.ts';

const presets = ['private_chat', 'trusted_private_chat', 'public_chat'] as const;

/** State that a new room begins with. */
export interface FirstState {
  readonly type: string;
  readonly key?: string;
  readonly content: JsonObject;
}

/** A createRoom body, read. */
export interface CreationWishes {
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

/** @throws Refusal 400 in Synapse's words; nothing has happened then. */
export function readCreationWishes(
  world: World,
  creator: UserId,
  body: JsonObject,
): CreationWishes {
  const version = body['room_version'] ?? world.settings.roomVersion;
  if (typeof version !== 'string' || !world.settings.roomVersions.includes(version)) {
    throw unsupportedVersion();
  }
  const fallback = body['visibility'] === 'public' ? 'public_chat' : 'private_chat';
  const preset = presets.find((known) => known === (body['preset'] ?? fallback));
  if (preset === undefined) {
    const given = JSON.stringify(body['preset']);
    throw new Refusal(400, 'M_BAD_JSON', `${given.replaceAll('"', "'")} is not a valid preset`);
  }
  const powerLevels = objectOrEmpty(body['power_level_content_override']);
  const users = powerLevels['users'];
  if (Number(version) < 12 && isObject(users) && !(creator in users)) {
    throw new Refusal(
      400,
      'M_UNKNOWN',
      `Not a valid power_level_content_override: 'users' did not contain ${creator}`,
    );
  }
  return {
    version,
    preset,
    alias: readAlias(world, body['room_alias_name']),
    invite: readInvite(body['invite']),
    initialState: readInitialState(body['initial_state']),
    powerLevels,
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

/** @throws Refusal 400 in Synapse's words when the room's creators are not user ids. */
export function checkCreators({ creationContent, version }: CreationWishes): void {
  const additional = creationContent['additional_creators'];
  if (Number(version) < 12 || additional === undefined) return;
  const isList = Array.isArray(additional);
  if (!isList || additional.some((userId) => parseUserId(String(userId)) === undefined)) {
    const error = 'entry in additional_creators is not a valid user ID';
    throw new Refusal(400, 'M_FORBIDDEN', error);
  }
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
