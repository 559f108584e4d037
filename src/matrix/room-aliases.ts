import { encodePath } from './encode-path.ts';
import type { RoomAlias, RoomId } from './ids.ts';
import { foundOrUndefined } from './rooms.ts';
import type { Session } from './session.ts';
import { sessionCall, sessionCallWith } from './session-call.ts';

/**
 * Lets an alias lead to a room (PUT /v3/directory/room/{alias}).
 * @throws MatrixError 409 `M_UNKNOWN` when it leads somewhere already.
 */
export async function putAlias(
  session: Session,
  alias: RoomAlias,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/directory/room/${alias}`;
  await sessionCallWith(session, 'PUT', path, { room_id: roomId }, signal);
}

/** Lets an alias lead nowhere (DELETE /v3/directory/room/{alias}); nothing happens if it does already. */
export async function deleteAlias(
  session: Session,
  alias: RoomAlias,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/directory/room/${alias}`;
  await foundOrUndefined(sessionCall(session, 'DELETE', path, signal));
}
