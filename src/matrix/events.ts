import { answerOf } from './call.ts';
import { encodePath } from './encode-path.ts';
import type { MatrixRequest } from './homeserver.ts';
import { type EventId, parseEventId, parseUserId, type RoomId, type UserId } from './ids.ts';
import { fromText, isJsonObject, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import type { Session } from './session.ts';
import { sessionCall, sessionCallWith } from './session-call.ts';

/** An event of a room's timeline, as far as it could be read. */
export interface TimelineEvent {
  readonly eventId: EventId;
  readonly type: string;
  readonly sender: UserId;
  /** Undefined for what is no state. */
  readonly stateKey: string | undefined;
  /** Wall-clock milliseconds of the sender's homeserver. */
  readonly originServerTs: number;
  /** Empty once redacted. */
  readonly content: JsonObject;
  /** Set on events that this very device sent. */
  readonly transactionId: string | undefined;
}

export interface MessagesPage {
  /** Newest first. */
  readonly events: readonly TimelineEvent[];
  /** Where the next page begins; undefined: the room's beginning is reached. */
  readonly next: string | undefined;
}

const eventIdFrom = fromText(parseEventId);

/**
 * Sends an event whose content is the JSON text `content`, unchanged (PUT /v3/rooms/{roomId}/send/{type}/{txnId}).
 * Repeated with the same transaction id on the same device, the homeserver answers with the same event.
 */
export function sendEvent(
  session: Session,
  roomId: RoomId,
  type: string,
  txnId: string,
  content: string | Uint8Array,
  signal: AbortSignal,
): Promise<EventId> {
  const { homeserver, accessToken } = session;
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/send/${type}/${txnId}`;
  const request: MatrixRequest = { method: 'PUT', path, accessToken, body: content, signal };
  return homeserver
    .request(request)
    .then((response) => answerOf(request, response).need('event_id', eventIdFrom));
}

/** Empties an event (PUT /v3/rooms/{roomId}/redact/{eventId}/{txnId}); the redaction's own event id. */
export async function redact(
  session: Session,
  roomId: RoomId,
  eventId: EventId,
  txnId: string,
  reason: string | undefined,
  signal: AbortSignal,
): Promise<EventId> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/redact/${eventId}/${txnId}`;
  const answer = await sessionCallWith(session, 'PUT', path, { reason }, signal);
  return answer.need('event_id', eventIdFrom);
}

/** A page of a room's past, newest first (GET /v3/rooms/{roomId}/messages); at most `limit` events, no more than 1000. */
export async function messages(
  session: Session,
  roomId: RoomId,
  page: { readonly from?: string | undefined; readonly limit: number },
  signal: AbortSignal,
): Promise<MessagesPage> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/messages?dir=b&limit=${String(page.limit)}`;
  const from = page.from === undefined ? '' : encodePath`&from=${page.from}`;
  const answer = await sessionCall(session, 'GET', path + from, signal);
  return {
    events: answer
      .need('chunk', listOf)
      .map(timelineEvent)
      .filter((event) => event !== undefined),
    next: textOf(answer.object['end']),
  };
}

/** An event as it comes from a homeserver; undefined when it lacks what every event has. */
export function timelineEvent(value: unknown): TimelineEvent | undefined {
  if (!isJsonObject(value)) return undefined;
  const eventId = fromText(parseEventId)(value['event_id']);
  const type = textOf(value['type']);
  const sender = fromText(parseUserId)(value['sender']);
  if (eventId === undefined || type === undefined || sender === undefined) return undefined;
  const { state_key: stateKey, origin_server_ts: timestamp } = value;
  return {
    eventId,
    type,
    sender,
    stateKey: typeof stateKey === 'string' ? stateKey : undefined,
    originServerTs: typeof timestamp === 'number' ? timestamp : 0,
    content: objectOf(value['content']) ?? {},
    transactionId: textOf(objectOf(value['unsigned'])?.['transaction_id']),
  };
}
