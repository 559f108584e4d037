import { MatrixError } from '../matrix/errors.ts';
import type { TimelineEvent } from '../matrix/events.ts';
import { parseRoomId, type RoomId, serverName } from '../matrix/ids.ts';
import { joinRoom } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import { roomStateEvent } from '../matrix/state.ts';
import { isRefusedJoin } from './refusal.ts';
import type { RoomRecord } from './room-memory.ts';

export type Replacement =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly roomId: string; readonly why: string }
  | { readonly kind: 'follow'; readonly roomId: RoomId; readonly encrypted: boolean };

/** The state event, or undefined when there is none or the room does not let us look. */
async function stateIfVisible(
  session: Session,
  roomId: RoomId,
  type: string,
  signal: AbortSignal,
): Promise<TimelineEvent | undefined> {
  try {
    return await roomStateEvent(session, roomId, type, '', signal);
  } catch (error) {
    if (error instanceof MatrixError && error.status === 403) return undefined;
    throw error;
  }
}

/**
 * The room that replaces `record.roomId`, if it was upgraded (Client-Server API §11 "Room Upgrades"). It is followed only
 * if its create event names this room as its predecessor, it is none of those before it, and it did not drop encryption.
 */
export async function findReplacement(
  session: Session,
  record: RoomRecord,
  signal: AbortSignal,
): Promise<Replacement> {
  const roomId = parseRoomId(record.roomId);
  if (roomId === undefined) return { kind: 'none' };
  const tombstone = await stateIfVisible(session, roomId, 'm.room.tombstone', signal);
  const named = tombstone?.content['replacement_room'];
  const to = typeof named === 'string' ? parseRoomId(named) : undefined;
  if (tombstone === undefined || to === undefined) return { kind: 'none' };
  const refused = (why: string): Replacement => ({ kind: 'refused', roomId: to, why });
  if (to === roomId || record.predecessors.includes(to))
    return refused('the upgrades lead in a circle');
  try {
    await joinRoom(session, to, [serverName(tombstone.sender)], signal);
  } catch (error) {
    if (!isRefusedJoin(error)) throw error;
    return refused(`this account cannot join it: ${error.message}`);
  }
  return await inspect(session, record, roomId, to, signal);
}

async function inspect(
  session: Session,
  record: RoomRecord,
  from: RoomId,
  to: RoomId,
  signal: AbortSignal,
): Promise<Replacement> {
  const refused = (why: string): Replacement => ({ kind: 'refused', roomId: to, why });
  const create = await stateIfVisible(session, to, 'm.room.create', signal);
  const predecessor = create?.content['predecessor'];
  const names =
    typeof predecessor === 'object' && predecessor !== null && 'room_id' in predecessor
      ? predecessor.room_id
      : undefined;
  if (names !== from) return refused('its create event does not name the old room');
  const encrypted = (await stateIfVisible(session, to, 'm.room.encryption', signal)) !== undefined;
  const wasEncrypted =
    record.encrypted ||
    (await stateIfVisible(session, from, 'm.room.encryption', signal)) !== undefined;
  if (wasEncrypted && !encrypted) return refused('the old room was encrypted and it is not');
  return { kind: 'follow', roomId: to, encrypted };
}
