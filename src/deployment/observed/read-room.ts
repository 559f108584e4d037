import { MatrixError } from '../../matrix/errors.ts';
import { fullState } from '../../matrix/full-state.ts';
import type { RoomId } from '../../matrix/ids.ts';
import type { Session } from '../../matrix/session.ts';
import { adminRoomState } from '../../matrix/synapse/rooms.ts';
import { RoomView } from './room-view.ts';

/**
 * A room as it is now, in one request: as administrator of the homeserver, or as a member where that interface is closed
 * to the bot. Undefined: the homeserver does not know the room, or does not show it.
 */
export async function readRoom(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<RoomView | undefined> {
  const events = await readEvents(session, roomId, signal);
  return events === undefined ? undefined : new RoomView(roomId, events);
}

async function readEvents(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): ReturnType<typeof adminRoomState> {
  try {
    return await adminRoomState(session, roomId, signal);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const isClosed = error.status === 403 || error.errcode === 'M_UNRECOGNIZED';
    if (!isClosed) throw error;
    return await fullState(session, roomId, signal);
  }
}
