import { parseUserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { Room } from './room.ts';

const levelNames = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const;

/**
 * Whether new power levels are well formed for the room's version, room versions §10 and §12.
 * @throws Refusal 400 in Synapse's words.
 */
export function checkPowerLevelsForm(room: Room, content: JsonObject): void {
  const users = isObject(content['users']) ? content['users'] : {};
  for (const userId of Object.keys(users)) {
    if (parseUserId(userId) === undefined) {
      throw new Refusal(400, 'M_UNKNOWN', `Not a valid user_id: ${userId}`);
    }
    if (room.isCreator(userId)) throw creatorInUsers(room, userId);
  }
  if (Number(room.version) < 10) return;
  const places = [content, users, isObject(content['events']) ? content['events'] : {}];
  for (const [name, level] of places.flatMap((place) => Object.entries(place))) {
    if (typeof level === 'string') {
      throw new Refusal(400, 'M_BAD_JSON', `"${name}": '${level}' is not of type 'integer'`);
    }
  }
}

function creatorInUsers(room: Room, userId: string): Refusal {
  const isFirst = room.state('m.room.create', '')?.sender === userId;
  const who = isFirst ? `Creator user ${userId}` : 'Additional creators users';
  return new Refusal(400, 'M_UNKNOWN', `${who} must not appear in content.users`);
}

/**
 * Whether `sender` may change the power levels so: nothing above the own power, and nobody of the own power but oneself,
 * room versions §1 "Authorization rules".
 * @throws Refusal 403 in Synapse's words.
 */
export function checkPowerLevelsChange(room: Room, sender: string, content: JsonObject): void {
  const before = room.state('m.room.power_levels', '')?.content;
  if (before === undefined) return;
  const power = room.power(sender);
  for (const { place, was, is } of changes(before, content)) {
    if (place !== undefined && place !== sender && was === power) {
      throw forbidden("You don't have permission to remove ops level equal to your own");
    }
    if ((was ?? 0) > power) {
      throw forbidden("You don't have permission to remove ops level greater than your own");
    }
    if ((is ?? 0) > power) {
      throw forbidden("You don't have permission to add ops level greater than your own");
    }
  }
}

interface Change {
  /** The user whose power changes; undefined for any other level. */
  readonly place: string | undefined;
  readonly was: number | undefined;
  readonly is: number | undefined;
}

function changes(before: JsonObject, after: JsonObject): readonly Change[] {
  const compare = (one: unknown, other: unknown, isUsers: boolean): readonly Change[] => {
    const [was, is] = [isObject(one) ? one : {}, isObject(other) ? other : {}];
    const names = new Set([...Object.keys(was), ...Object.keys(is)]);
    return [...names]
      .filter((name) => was[name] !== is[name])
      .map((name) => ({
        place: isUsers ? name : undefined,
        was: levelOf(was[name]),
        is: levelOf(is[name]),
      }));
  };
  const named = (content: JsonObject) =>
    Object.fromEntries(levelNames.map((name) => [name, content[name]]));
  return [
    ...compare(named(before), named(after), false),
    ...compare(before['users'], after['users'], true),
    ...compare(before['events'], after['events'], false),
    ...compare(before['notifications'], after['notifications'], false),
  ];
}

const levelOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;

const forbidden = (error: string): Refusal => new Refusal(403, 'M_FORBIDDEN', error);
