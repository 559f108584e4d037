import { encodePath } from './encode-path.ts';
import { timelineEvent } from './events.ts';
import { parseUserId, type RoomId, type UserId } from './ids.ts';
import { listOf } from './json.ts';
import type { Session } from './session.ts';
import { sessionCall } from './session-call.ts';

/** The users who are invited to a room this account is in (GET /v3/rooms/{roomId}/members?membership=invite). */
export async function invitedMembers(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<UserId[]> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/members?membership=invite`;
  const answer = await sessionCall(session, 'GET', path, signal);
  const invited = answer
    .need('chunk', listOf)
    .map(timelineEvent)
    // Not every homeserver reads the query.
    .filter((event) => event?.content['membership'] === 'invite')
    .map((event) => parseUserId(event?.stateKey ?? ''));
  return invited.filter((userId) => userId !== undefined);
}
