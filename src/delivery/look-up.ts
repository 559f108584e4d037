import { isDeepStrictEqual } from 'node:util';
import { messages, type TimelineEvent } from '../matrix/events.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { ClaimedEntry } from '../outbox/outbox.ts';
import type { Finding } from './sender.ts';

/** How far the clocks of homeserver and gateway may differ, in milliseconds. */
const clockSkewMs = 10 * 60_000;
/** A first attempt that seems to lie ahead was stamped by a wrong clock: then a day is looked through, in milliseconds. */
const wrongClockMs = 24 * 60 * 60_000;
/** Events asked for at once, and how many such pages at most: 10,000 events, some seconds of work. */
const pageEventsMax = 100;
const pagesMax = 100;

/** What is looked for, and by what means. */
export interface LookUp {
  readonly session: Session;
  readonly roomId: RoomId;
  readonly entry: ClaimedEntry;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Whether another entry was delivered as this event. */
  readonly isKnownEvent: (eventId: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Looks in the room, from now back to the first attempt, for an entry whose fate is unknown: by our own transaction id,
 * which the homeserver shows to the device that used it, or by an event of ours with the same content that no other
 * entry is known to have become.
 *
 * @throws MatrixError, TransportError when the room cannot be read
 */
export async function lookUpEntry(lookUp: LookUp): Promise<Finding> {
  const { session, roomId, signal } = lookUp;
  const since = lookBackTo(lookUp);
  let wasRedacted = false;
  let from: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const { events, next } = await messages(
      session,
      roomId,
      { from, limit: pageEventsMax },
      signal,
    );
    const eventId = await firstNew(events, 'ours', lookUp);
    if (eventId !== undefined) return { kind: 'found', eventId };
    const recent = events.filter((event) => event.originServerTs >= since);
    wasRedacted ||= (await firstNew(recent, 'redacted', lookUp)) !== undefined;
    if (next === undefined || isPast(events, since, session)) {
      return wasRedacted ? mayBeRedacted : { kind: 'absent' };
    }
    from = next;
  }
  return {
    kind: 'undecidable',
    error: `looked through the newest ${pageEventsMax * pagesMax} events of the room without reaching the attempt`,
  };
}

const mayBeRedacted: Finding = {
  kind: 'undecidable',
  error: 'a message of this account was redacted there since, and it may have been this one',
};

async function firstNew(
  events: readonly TimelineEvent[],
  match: 'ours' | 'redacted',
  lookUp: LookUp,
): Promise<string | undefined> {
  for (const event of events) {
    if (matchOf(event, lookUp) !== match) continue;
    if (!(await lookUp.isKnownEvent(event.eventId))) return event.eventId;
  }
  return undefined;
}

function lookBackTo({ entry, now }: LookUp): number {
  const attemptedAt = entry.unknown?.since ?? entry.createdAt;
  return attemptedAt > now ? now - wrongClockMs : attemptedAt - clockSkewMs;
}

/**
 * Whether all that follows is older than the attempt. Our own homeserver stamps our own events; other servers and
 * bridges may write any time on theirs, so of those it takes a whole page.
 */
function isPast(events: readonly TimelineEvent[], since: number, session: Session): boolean {
  const old = events.filter((event) => event.originServerTs < since);
  if (old.some((event) => event.sender === session.userId)) return true;
  return events.length > 0 && old.length === events.length;
}

function matchOf(
  event: TimelineEvent,
  { session, entry }: LookUp,
): 'ours' | 'redacted' | undefined {
  if (event.sender !== session.userId) return undefined;
  // What this device sent bears its transaction id, and is either this entry or surely another.
  if (event.transactionId !== undefined) {
    return event.transactionId === entry.txnId ? 'ours' : undefined;
  }
  if (event.type !== entry.type) return undefined;
  if (isDeepStrictEqual(event.content, JSON.parse(entry.content.toString()))) return 'ours';
  return Object.keys(event.content).length === 0 ? 'redacted' : undefined;
}
