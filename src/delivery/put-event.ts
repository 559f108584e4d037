import { redact, sendEvent } from '../matrix/events.ts';
import { parseEventId, type RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { ClaimedEntry } from '../outbox/outbox.ts';
import type { Outcome } from './outcome.ts';

/**
 * The one request that makes an entry an event; a redaction has an endpoint of its own.
 *
 * @throws MatrixError, TransportError when it was not taken, or that is not known
 */
export function putEvent(
  session: Session,
  entry: Pick<ClaimedEntry, 'type' | 'txnId' | 'content'>,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<Outcome> {
  const { type, txnId, content } = entry;
  if (type === 'm.room.redaction') return putRedaction(session, txnId, content, roomId, signal);
  return sendEvent(session, roomId, type, txnId, content, signal).then(delivered);
}

const delivered = (eventId: string): Outcome => ({ kind: 'delivered', eventId });

async function putRedaction(
  session: Session,
  txnId: string,
  content: Buffer,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<Outcome> {
  const { redacts, reason } = JSON.parse(content.toString()) as {
    redacts?: unknown;
    reason?: unknown;
  };
  const redacted = typeof redacts === 'string' ? parseEventId(redacts) : undefined;
  if (redacted === undefined) {
    return { kind: 'dead', reason: 'invalid', error: 'a redaction names no event' };
  }
  const why = typeof reason === 'string' ? reason : undefined;
  const eventId = await redact(session, roomId, redacted, txnId, why, signal);
  return delivered(eventId);
}
