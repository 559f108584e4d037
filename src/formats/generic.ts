import { cleanText } from '../notification/clean-text.ts';
import type { BodyFormat } from '../notification/notification.ts';
import type { Format, IncomingRequest, RoomRecognition, Understanding } from './format.ts';
import { type Members, membersOf } from './members.ts';
import { isKnownName, notificationFromMembers } from './notification-from-members.ts';
import { notificationsFromJson } from './notifications-from-json.ts';
import { readContent } from './read-content.ts';
import { takeRooms } from './take-rooms.ts';

const nothing: Understanding = {
  ok: false,
  problems: [{ place: 'body', message: 'there is nothing to say; give `body` or `title`' }],
};

function fromMembers(members: Members): Understanding {
  const notification = notificationFromMembers(members);
  return notification === undefined ? nothing : { ok: true, notifications: [{ notification }] };
}

function fromText(text: string, format: BodyFormat, query: Members): Understanding {
  const body = cleanText(text);
  if (body.trim() === '') return nothing;
  const own = membersOf(format === 'plain' ? { body } : { format, body });
  return fromMembers(new Map([...query, ...own]));
}

/** A name we know may stand in the middle of a text too, as in an address: every part must be a field. */
function isForm(names: readonly string[]): boolean {
  return names.every((name) => name !== '') && names.some(isKnownName);
}

function fromForm(fields: Members, query: Members, isRoom?: RoomRecognition): Understanding {
  const named = takeRooms(fields, isRoom);
  const understood = fromMembers(new Map([...query, ...(named?.rest ?? fields)]));
  if (!understood.ok || named === undefined) return understood;
  const { rooms } = named;
  return { ok: true, notifications: understood.notifications.map((one) => ({ ...one, rooms })) };
}

function understand(request: IncomingRequest, isRoom?: RoomRecognition): Understanding {
  const query = membersOf(request.query);
  const content = readContent(request, isForm);
  switch (content.kind) {
    case 'unreadable':
      return { ok: false, problems: content.problems };
    case 'empty':
      return fromMembers(query);
    case 'form': {
      const understood = fromForm(membersOf(content.fields), query, isRoom);
      // `curl -d "status=down"` has a known name and still is a text.
      return understood.ok ? understood : fromText(content.text, 'plain', query);
    }
    case 'text':
      return fromText(content.text, content.format, query);
    case 'json':
      return notificationsFromJson(content.value, query, isRoom);
  }
}

/**
 * Whatever a script sends: JSON with the usual names, a form, plain text (also where `curl -d` calls it a form), or a
 * query. Only what is empty, no UTF-8, or announced as JSON and is none, is refused.
 */
export const generic: Format = {
  name: 'generic',
  recognises: () => 1,
  understand,
  // Two equal lines from a script may well be two events.
  dedupeWindowMs: 0,
};
