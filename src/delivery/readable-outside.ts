import { type EventId, parseEventId } from '../matrix/ids.ts';
import { isJsonObject, type JsonObject } from '../matrix/json.ts';

/** The key of an annotation leaves readable, so only these go: they say nothing that a message would. */
const fixedReactions: ReadonlySet<string> = new Set([
  '👍',
  '👍️',
  '👎',
  '👎️',
  '✅',
  '✅️',
  '❌',
  '❎',
  '⚠️',
  '⚠',
  '🚨',
  '🔥',
  '🎉',
  '👀',
  '🚀',
  '❤️',
  '❤',
  '😄',
  '😕',
  '🔕',
  '🔔',
  '⏳',
  '♻️',
  '🆗',
  '💤',
]);

/** Event types that Matrix leaves readable in encrypted rooms: an encrypted reaction would show its key all the same. */
const clearTypes: ReadonlySet<string> = new Set(['m.reaction', 'm.room.redaction']);

/** What homeservers make event ids of: a hash, or in the oldest rooms some letters and a server's name. */
const eventIdPattern = /^\$[\w.~+/=:[\]-]+$/;

/** Whether an event of this type is encrypted in an encrypted room. */
export function isEncryptable(type: string): boolean {
  return !clearTypes.has(type);
}

/** What is left of an event that stays readable, or why it may not leave. */
export type Readable =
  | { readonly ok: true; readonly content: JsonObject }
  | { readonly ok: false; readonly error: string };

/**
 * A reaction or redaction without anything of the caller's own: an event id and one of a few fixed emoji, an event id
 * and no reason.
 */
export function readableContent(type: string, content: JsonObject): Readable {
  if (type === 'm.room.redaction') {
    const redacts = eventIdOf(content['redacts']);
    if (redacts === undefined) return { ok: false, error: 'a redaction names no event' };
    return { ok: true, content: { redacts } };
  }
  const given = content['m.relates_to'];
  const relation = relationOutside(given);
  const key = isJsonObject(given) ? given['key'] : undefined;
  if (relation?.['rel_type'] !== 'm.annotation' || typeof key !== 'string') {
    return { ok: false, error: 'a reaction names no event or no emoji' };
  }
  if (!fixedReactions.has(key)) {
    return {
      ok: false,
      error: 'a reaction is readable outside the encryption, so only common emoji go',
    };
  }
  return { ok: true, content: { 'm.relates_to': { ...relation, key } } };
}

/** Relations that clients must see to know what an event is about (Client-Server API, "Forming relationships"). */
const relationTypes: ReadonlySet<unknown> = new Set([
  'm.replace',
  'm.thread',
  'm.reference',
  'm.annotation',
]);

/** Event ids that look like ids, so that no words leave in their place. */
function eventIdOf(value: unknown): EventId | undefined {
  if (typeof value !== 'string' || !eventIdPattern.test(value)) return undefined;
  return parseEventId(value);
}

function eventIdIn(object: JsonObject): JsonObject {
  const eventId = eventIdOf(object['event_id']);
  return eventId === undefined ? {} : { event_id: eventId };
}

/** A relation as the specification has it, without anything of the caller's own: it stays readable outside. */
export function relationOutside(relation: unknown): JsonObject | undefined {
  if (!isJsonObject(relation)) return undefined;
  const { rel_type: type, is_falling_back: fallingBack, 'm.in_reply_to': reply } = relation;
  return {
    ...(relationTypes.has(type) ? { rel_type: type, ...eventIdIn(relation) } : {}),
    ...(typeof fallingBack === 'boolean' ? { is_falling_back: fallingBack } : {}),
    ...(isJsonObject(reply) ? { 'm.in_reply_to': eventIdIn(reply) } : {}),
  };
}
