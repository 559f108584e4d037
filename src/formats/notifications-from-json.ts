import { cleanText } from '../notification/clean-text.ts';
import { limitMarkup } from '../notification/limit-markup.ts';
import type { Notification } from '../notification/notification.ts';
import { fieldsOf } from './fields-of.ts';
import type { FormattedNotification, RoomRecognition, Understanding } from './format.ts';
import { type Members, membersOf } from './members.ts';
import { isKnownName, notificationFromMembers } from './notification-from-members.ts';
import { shownJson } from './shown-json.ts';
import { namesRooms, takeRooms } from './take-rooms.ts';

/** One request's fair share: each becomes an entry of its own, and the outbox takes 100 at once. */
const notificationsMax = 100;
/** An unknown object with more members reads better as indented JSON than as a table. */
const rowsMax = 20;

const bad = (message: string): Understanding => ({
  ok: false,
  problems: [{ place: 'body', message }],
});

const plain = (body: string): Notification => ({ body: cleanText(body), format: 'plain' });

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isFlat = (value: object): boolean =>
  Object.values(value).every((member) => typeof member !== 'object' || member === null);

/** What no key tells us how to read is shown as it is: few plain members as a table, all else as indented JSON. */
function shown(value: object): Notification {
  const isTable = !Array.isArray(value) && isFlat(value) && Object.keys(value).length <= rowsMax;
  return isTable ? { body: '', format: 'plain', fields: fieldsOf(value) } : plain(shownJson(value));
}

/** What nobody can read, below and beside it what the query says. */
function shownBeside(value: object, query: Members): Notification {
  const said = notificationFromMembers(query);
  // A severity alone is no notification, but is one beside some body.
  const around = said ?? notificationFromMembers(new Map([...query, ...membersOf({ body: '{}' })]));
  const { body, format, fields = [] } = shown(value);
  const rows = [...fields, ...(around?.fields ?? [])];
  return {
    ...around,
    body: [said?.body ?? '', body].filter((words) => words !== '').join('\n'),
    format,
    fields: rows.length === 0 ? undefined : rows,
  };
}

function fromObject(value: object, own: Members, query: Members): Notification {
  const alone = notificationFromMembers(own);
  if (query.size === 0) return alone ?? shown(value);
  if (alone === undefined && own.size > 0) return shownBeside(value, query);
  return notificationFromMembers(new Map([...query, ...own])) ?? shown(value);
}

function isItem(item: unknown): boolean {
  if (typeof item === 'string') return cleanText(item).trim() !== '';
  return isObject(item) && Object.keys(item).some(isKnownName);
}

/** The object as what it says to the rooms it names, which are no part of what it says. */
function addressed(
  value: object,
  query: Members,
  isRoom: RoomRecognition | undefined,
): FormattedNotification {
  const own = membersOf(value);
  const named = takeRooms(own, isRoom);
  if (named === undefined) return { notification: fromObject(value, own, query) };
  const said = Object.fromEntries(Object.entries(value).filter(([name]) => !namesRooms(name)));
  return { notification: fromObject(said, named.rest, query), rooms: named.rooms };
}

function fromArray(
  items: readonly unknown[],
  rest: Members,
  isRoom: RoomRecognition | undefined,
): Understanding {
  if (items.length === 0) return bad('an empty list says nothing; send at least one notification');
  if (!items.every(isItem)) {
    return { ok: true, notifications: [{ notification: shown(items) }] };
  }
  if (items.length > notificationsMax) {
    return bad(
      `${items.length} notifications at once are too many; send at most ${notificationsMax}`,
    );
  }
  const all = items.map((item) =>
    isObject(item) ? addressed(item, rest, isRoom) : { notification: plain(String(item)) },
  );
  const limited = limitMarkup(all.map(({ notification }) => notification));
  const notifications = all.map((one, index) => ({
    ...one,
    notification: limited[index] ?? one.notification,
  }));
  return { ok: true, notifications };
}

/** Whether there is nothing in it, or nothing but rooms. */
function isBare(value: object, isRoom: RoomRecognition | undefined): boolean {
  const names = Object.keys(value);
  if (!names.every(namesRooms)) return false;
  return names.length === 0 || takeRooms(membersOf(value), isRoom) !== undefined;
}

/**
 * Any JSON value as notifications: an object with usual names, a list of at most 100 of them, or a text. JSON without
 * any known name is shown as it is; only what says nothing at all is a problem. `rest` are members of the query; a member
 * `room` is where to, if `isRoom` says so.
 */
export function notificationsFromJson(
  value: unknown,
  rest: Members,
  isRoom?: RoomRecognition,
): Understanding {
  if (Array.isArray(value)) return fromArray(value, rest, isRoom);
  if (isObject(value)) {
    if (isBare(value, isRoom) && notificationFromMembers(rest) === undefined) {
      return bad('an empty object says nothing; give `body` or `title`');
    }
    return { ok: true, notifications: [addressed(value, rest, isRoom)] };
  }
  const said =
    value === null
      ? undefined
      : notificationFromMembers(new Map([...rest, ...membersOf({ body: value })]));
  return said === undefined
    ? bad('there is nothing to say; give `body` or `title`')
    : { ok: true, notifications: [{ notification: said }] };
}
