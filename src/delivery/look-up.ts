import { isDeepStrictEqual } from 'node:util';
import { messages, type TimelineEvent } from '../matrix/events.ts';
import { parseRoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { ClaimedEntry } from '../outbox/outbox.ts';
import { classifyQuestion } from './classify.ts';
import type { Finding } from './sender.ts';

/** How far the clocks of homeserver and gateway may differ, in milliseconds. */
const clockSkewMs = 10 * 60_000;
/** Events asked for at once, and how many such pages at most: 10,000 events, some seconds of work. */
const pageEventsMax = 100;
const pagesMax = 100;

/**
 * Looks in the room, from now back to the first attempt, for an entry whose fate is unknown: by our own transaction id,
 * which the homeserver shows to the device that used it, or by an event of ours with the same content that no other
 * entry is known to have become.
 */
export async function lookUpEntry(
  session: Session,
  roomId: string,
  entry: ClaimedEntry,
  isKnownEvent: (eventId: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<Finding> {
  const room = parseRoomId(roomId);
  if (room === undefined)
    return { kind: 'undecidable', error: 'the room of the attempt is not known' };
  const since = (entry.unknown?.since ?? entry.createdAt) - clockSkewMs;
  const content: unknown = JSON.parse(entry.content);
  let from: string | undefined;
  try {
    for (let page = 0; page < pagesMax; page++) {
      const found = await messages(session, room, { from, limit: pageEventsMax }, signal);
      const ours = found.events.filter((event) => isOurs(event, session, entry, content));
      const eventId = await firstNewEvent(ours, isKnownEvent);
      if (eventId !== undefined) return { kind: 'found', eventId };
      const oldest = found.events.at(-1);
      const isPast = oldest !== undefined && oldest.originServerTs < since;
      if (isPast || found.next === undefined) return { kind: 'absent' };
      from = found.next;
    }
  } catch (error) {
    return { kind: 'setback', setback: classifyQuestion(error) };
  }
  return {
    kind: 'undecidable',
    error: `looked through the newest ${pageEventsMax * pagesMax} events of the room without reaching the attempt`,
  };
}

async function firstNewEvent(
  events: readonly TimelineEvent[],
  isKnownEvent: (eventId: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const { eventId } of events) if (!(await isKnownEvent(eventId))) return eventId;
  return undefined;
}

function isOurs(
  event: TimelineEvent,
  session: Session,
  entry: ClaimedEntry,
  content: unknown,
): boolean {
  if (event.sender !== session.userId) return false;
  if (event.transactionId === entry.txnId) return true;
  return event.type === entry.type && isDeepStrictEqual(event.content, content);
}
