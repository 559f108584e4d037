import { encodePath } from './encode-path.ts';
import { type TimelineEvent, timelineEvent } from './events.ts';
import { type EventId, parseEventId, type RoomId } from './ids.ts';
import { fromText, isJsonObject, type JsonObject } from './json.ts';
import { foundOrUndefined } from './rooms.ts';
import type { Session } from './session.ts';
import { sessionCall, sessionCallWith } from './session-call.ts';

const statePath = (roomId: RoomId, type: string, stateKey: string): string =>
  encodePath`/_matrix/client/v3/rooms/${roomId}/state/${type}/${stateKey}`;

/**
 * The content of a room's state (GET /v3/rooms/{roomId}/state/{type}/{stateKey}). Undefined means that the homeserver
 * said exactly 404 `M_NOT_FOUND`; everything else that is no content is thrown.
 */
export async function roomState(
  session: Session,
  roomId: RoomId,
  type: string,
  stateKey: string,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const path = statePath(roomId, type, stateKey);
  return (await foundOrUndefined(sessionCall(session, 'GET', path, signal)))?.object;
}

/** As `roomState`, but the whole event, with its sender. */
export async function roomStateEvent(
  session: Session,
  roomId: RoomId,
  type: string,
  stateKey: string,
  signal: AbortSignal,
): Promise<TimelineEvent | undefined> {
  const path = `${statePath(roomId, type, stateKey)}?format=event`;
  const answer = await foundOrUndefined(sessionCall(session, 'GET', path, signal));
  if (answer === undefined) return undefined;
  const event = timelineEvent(answer.object);
  // A homeserver that does not know the parameter answers with the content alone.
  if (event === undefined || !isJsonObject(answer.object['content'])) {
    throw answer.unusable('event');
  }
  return event;
}

/** Sets a room's state (PUT /v3/rooms/{roomId}/state/{type}/{stateKey}). */
export async function putState(
  session: Session,
  roomId: RoomId,
  type: string,
  stateKey: string,
  content: JsonObject,
  signal: AbortSignal,
): Promise<EventId> {
  const path = statePath(roomId, type, stateKey);
  const answer = await sessionCallWith(session, 'PUT', path, content, signal);
  return answer.need('event_id', fromText(parseEventId));
}
