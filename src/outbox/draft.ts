import { Failure } from '../errors.ts';
import { canonicalJson } from '../notification/canonical-json.ts';
import type { Renderer } from '../notification/create-renderer.ts';
import type { EventContent } from '../notification/event-content.ts';
import { fileContent } from '../notification/file-content.ts';
import { clearContentBytesMax, fitContent } from '../notification/fit.ts';
import { lateNoteBytesMax } from '../notification/late-note.ts';
import type { Notification } from '../notification/notification.ts';
import { entriesMax } from './entry.ts';
import { entryTxnId } from './new-id.ts';
import type { Idempotency, NewEntry, Submission } from './outbox.ts';

/** Where an entry goes, and the room's settings; routing's destinations are such. */
export interface Addressee {
  readonly account: string;
  /** The room as the configuration names it. */
  readonly room: string;
  readonly msgtype: 'm.text' | 'm.notice';
  readonly lateAfterMs: number | undefined;
  readonly expireAfterMs: number | undefined;
}

/** What is the same for all entries of a submission. */
export interface Envelope {
  /** From `Ids.notification`. */
  readonly id: string;
  readonly source: string;
  readonly origin?: string | undefined;
  readonly key?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
  /** Wall-clock milliseconds. */
  readonly createdAt: number;
}

/** A notification and where it goes. */
export interface Draft {
  readonly notification: Notification;
  readonly addressees: readonly Addressee[];
}

/** An event whose content is already final, such as one that a Matrix client made. */
export interface EventDraft {
  readonly type: string;
  /** Canonical JSON. */
  readonly content: string;
  /** The text that was cut out of `content`; it goes along as a file. */
  readonly wholeText?: string | undefined;
}

const wholeTextName = 'message.txt';
const wholeTextType = 'text/plain; charset=utf-8';

/** Adds the entries of one event for one addressee, in lane order. */
function addEntries(
  entries: NewEntry[],
  envelope: Envelope,
  event: EventDraft,
  addressee: Addressee,
  relatesTo: EventContent['m.relates_to'],
): void {
  const { account, room, lateAfterMs, expireAfterMs } = addressee;
  const expireAt = expireAfterMs === undefined ? undefined : envelope.createdAt + expireAfterMs;
  const lane = { account, room };
  entries.push({
    lane,
    txnId: entryTxnId(envelope.id, entries.length + 1),
    type: event.type,
    content: event.content,
    lateAfterMs,
    expireAt,
  });
  if (event.wholeText === undefined) return;
  const bytes = Buffer.from(event.wholeText);
  const file = fileContent({
    fileName: wholeTextName,
    contentType: wholeTextType,
    sizeBytes: bytes.length,
    relatesTo,
  });
  entries.push({
    lane,
    txnId: entryTxnId(envelope.id, entries.length + 1),
    type: 'm.room.message',
    content: canonicalJson(file),
    expireAt,
    attachment: { fileName: wholeTextName, contentType: wholeTextType, bytes },
  });
}

function seal(envelope: Envelope, entries: readonly NewEntry[]): Submission {
  if (entries.length > entriesMax) {
    throw new Failure('bad_input', {
      detail: `One call may bring at most ${entriesMax} messages, rooms and overlong texts counted; this one brings ${entries.length}.`,
    });
  }
  const { id, source, origin, key, idempotency, createdAt } = envelope;
  return { id, source, origin, key, idempotency, createdAt, entries };
}

/** What fits stays; what does not is cut, and the whole of it is kept to go along. */
function eventOf(notification: Notification, render: Renderer, msgtype: Addressee['msgtype']) {
  const rendered = render(notification, { msgtype });
  const fitted = fitContent(rendered, clearContentBytesMax, { reserveBytes: lateNoteBytesMax });
  return {
    type: 'm.room.message',
    content: canonicalJson(fitted.content),
    wholeText: fitted.cut ? fitted.wholeText : undefined,
    relatesTo: fitted.content['m.relates_to'],
  };
}

/**
 * Notifications as a submission: rendered, within the size of an event, one entry per notification and addressee. A text
 * that had to be cut is followed in its lane by a file that holds all of it. Pure.
 *
 * @throws Failure bad_input for more than 100 entries
 */
export function draftSubmission(
  envelope: Envelope,
  drafts: readonly Draft[],
  render: Renderer,
): Submission {
  const entries: NewEntry[] = [];
  for (const { notification, addressees } of drafts) {
    const rendered: Partial<Record<Addressee['msgtype'], ReturnType<typeof eventOf>>> = {};
    for (const addressee of addressees) {
      const { msgtype } = addressee;
      rendered[msgtype] ??= eventOf(notification, render, msgtype);
      const event = rendered[msgtype];
      addEntries(entries, envelope, event, addressee, event.relatesTo);
    }
  }
  return seal(envelope, entries);
}

/** An event that is final already as a submission. Pure. */
export function draftEvent(
  envelope: Envelope,
  event: EventDraft,
  addressee: Addressee,
): Submission {
  const entries: NewEntry[] = [];
  addEntries(entries, envelope, event, addressee, undefined);
  return seal(envelope, entries);
}

/** What an event names to redact another (Client-Server API, "Redactions"); room version 11 and later read it there. */
export function redactionContent(eventId: string, reason?: string): string {
  return canonicalJson(reason === undefined ? { redacts: eventId } : { reason, redacts: eventId });
}
