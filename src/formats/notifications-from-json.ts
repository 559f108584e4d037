import { cleanText } from '../notification/clean-text.ts';
import { limitMarkup } from '../notification/limit-markup.ts';
import type { Notification } from '../notification/notification.ts';
import { fieldsOf } from './fields-of.ts';
import type { Problem } from './format.ts';
import { type Members, membersOf } from './members.ts';
import { isKnownName, notificationFromMembers } from './notification-from-members.ts';
import { shownJson } from './shown-json.ts';

export type JsonNotifications =
  | { readonly ok: true; readonly notifications: readonly Notification[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** One request's fair share: each becomes an entry of its own, and the outbox takes 100 at once. */
const notificationsMax = 100;
/** An unknown object with more members reads better as indented JSON than as a table. */
const rowsMax = 20;

const bad = (message: string): JsonNotifications => ({
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

function fromObject(value: object, query: Members): Notification {
  const own = membersOf(value);
  const alone = notificationFromMembers(own);
  if (query.size === 0) return alone ?? shown(value);
  if (alone === undefined && own.size > 0) return shownBeside(value, query);
  return notificationFromMembers(new Map([...query, ...own])) ?? shown(value);
}

function isItem(item: unknown): boolean {
  if (typeof item === 'string') return cleanText(item).trim() !== '';
  return isObject(item) && Object.keys(item).some(isKnownName);
}

function fromArray(items: readonly unknown[], rest: Members): JsonNotifications {
  if (items.length === 0) return bad('an empty list says nothing; send at least one notification');
  if (!items.every(isItem)) return { ok: true, notifications: [shown(items)] };
  if (items.length > notificationsMax) {
    return bad(
      `${items.length} notifications at once are too many; send at most ${notificationsMax}`,
    );
  }
  const notifications = items.map((item) =>
    isObject(item) ? fromObject(item, rest) : plain(String(item)),
  );
  return { ok: true, notifications: limitMarkup(notifications) };
}

/**
 * Any JSON value as notifications: an object with usual names, a list of at most 100 of them, or a text. JSON without
 * any known name is shown as it is; only what says nothing at all is a problem. `rest` are members of the query.
 */
export function notificationsFromJson(value: unknown, rest: Members): JsonNotifications {
  if (Array.isArray(value)) return fromArray(value, rest);
  if (isObject(value)) {
    if (Object.keys(value).length === 0 && notificationFromMembers(rest) === undefined) {
      return bad('an empty object says nothing; give `body` or `title`');
    }
    return { ok: true, notifications: [fromObject(value, rest)] };
  }
  const said =
    value === null
      ? undefined
      : notificationFromMembers(new Map([...rest, ...membersOf({ body: value })]));
  return said === undefined
    ? bad('there is nothing to say; give `body` or `title`')
    : { ok: true, notifications: [said] };
}
