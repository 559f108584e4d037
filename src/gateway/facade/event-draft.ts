import { canonicalJson } from '../../notification/canonical-json.ts';
import type { EventContent } from '../../notification/event-content.ts';
import { clearContentBytesMax, fitContent } from '../../notification/fit.ts';
import { lateNoteBytesMax } from '../../notification/late-note.ts';
import type { EventDraft } from '../../outbox/draft.ts';
import { MatrixRefusal } from './matrix-refusal.ts';
import { isJsonObject, type JsonObject } from './read-json-object.ts';

/** Deeper nesting is no event; homeservers refuse it, and recursion must end. */
const depthMax = 100;

/**
 * Refuses numbers that no Matrix event may hold (appendices, "Canonical JSON"), as every homeserver would: the sender is
 * to know it, rather than find its event changed.
 */
function requireSendable(value: unknown, depth = 0): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new MatrixRefusal(400, 'M_BAD_JSON', 'Events hold integers between -2^53 and 2^53 only.');
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= depthMax) {
    throw new MatrixRefusal(400, 'M_BAD_JSON', `Content is nested deeper than ${depthMax} levels.`);
  }
  for (const member of Object.values(value)) requireSendable(member, depth + 1);
}

/** Whether it is a message in words, which may be cut. */
function isWords(content: JsonObject): boolean {
  const { msgtype, body, format, formatted_body: html, 'm.mentions': mentions } = content;
  return (
    (msgtype === 'm.text' || msgtype === 'm.notice' || msgtype === 'm.emote') &&
    typeof body === 'string' &&
    (html === undefined || (typeof html === 'string' && format === 'org.matrix.custom.html')) &&
    (mentions === undefined || isJsonObject(mentions)) &&
    // The text of an edit is there twice, so cutting one would not help.
    content['m.new_content'] === undefined
  );
}

/** Cut to the size of an event, and the whole text with it. */
function cutWords(type: string, content: JsonObject): EventDraft | undefined {
  const words = { 'm.mentions': {}, ...content } as unknown as EventContent;
  const fitted = fitContent(words, clearContentBytesMax, { reserveBytes: lateNoteBytesMax });
  const json = canonicalJson(fitted.content);
  if (!fitted.cut || Buffer.byteLength(json) > clearContentBytesMax) return undefined;
  return { type, content: json, wholeText: fitted.wholeText };
}

/**
 * A Matrix client's event, unchanged: only lone surrogates are mended, which no homeserver takes. A message in words
 * that is longer than an event can hold is cut, and its whole text goes along as a file.
 *
 * @throws MatrixRefusal M_BAD_JSON, M_TOO_LARGE
 */
export function eventDraft(type: string, content: JsonObject): EventDraft {
  requireSendable(content);
  const json = canonicalJson(content);
  if (json.length <= clearContentBytesMax / 3 || Buffer.byteLength(json) <= clearContentBytesMax) {
    return { type, content: json };
  }
  const cut = type === 'm.room.message' && isWords(content) ? cutWords(type, content) : undefined;
  if (cut !== undefined) return cut;
  throw new MatrixRefusal(
    413,
    'M_TOO_LARGE',
    `Event too large: its content may have ${clearContentBytesMax} bytes.`,
  );
}
