import type { RoomConfig } from '../../config/config.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { MatrixError } from '../../matrix/errors.ts';
import { isRoomAlias, type RoomId } from '../../matrix/ids.ts';
import { joinedRooms, resolveAlias } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { roomState } from '../../matrix/state.ts';

/** A room that an account is in. */
export interface JoinedRoom {
  readonly roomId: RoomId;
  readonly name: string | undefined;
  readonly alias: string | undefined;
  /** The configured names that mean it. */
  readonly configured: readonly string[];
}

/** Rooms that are asked about at once: enough to be quick, few enough for a rate limit. */
const askedAtOnce = 8;

async function textOf(
  session: Session,
  roomId: RoomId,
  where: { readonly type: string; readonly field: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const value = (await roomState(session, roomId, where.type, '', signal))?.[where.field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch (error) {
    if (error instanceof MatrixError && error.status === 403) return undefined;
    throw error;
  }
}

async function leadsTo(
  session: Session,
  room: RoomConfig,
  known: readonly RoomRecord[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const record = known.find((one) => one.account === room.account && one.room === room.room);
  if (record !== undefined) return record.roomId;
  if (!isRoomAlias(room.room)) return room.room;
  return (await resolveAlias(session.homeserver, room.room, signal))?.roomId;
}

/**
 * The rooms an account is in, with their names and what the configuration calls them.
 *
 * @param rooms - the configured rooms of this account
 * @throws MatrixError, TransportError
 */
export async function listRooms(
  session: Session,
  rooms: readonly RoomConfig[],
  known: readonly RoomRecord[],
  signal: AbortSignal,
): Promise<JoinedRoom[]> {
  const namesById = new Map<string, string[]>();
  for (const room of rooms) {
    const roomId = await leadsTo(session, room, known, signal);
    if (roomId !== undefined) namesById.set(roomId, [...(namesById.get(roomId) ?? []), room.name]);
  }
  const describe = async (roomId: RoomId): Promise<JoinedRoom> => {
    const ask = async (type: string, field: string) =>
      await textOf(session, roomId, { type, field }, signal);
    const name = await ask('m.room.name', 'name');
    const alias = await ask('m.room.canonical_alias', 'alias');
    return { roomId, name, alias, configured: namesById.get(roomId) ?? [] };
  };
  const joined = await joinedRooms(session, signal);
  const described: JoinedRoom[] = [];
  for (let start = 0; start < joined.length; start += askedAtOnce) {
    const some = joined.slice(start, start + askedAtOnce);
    described.push(...(await Promise.all(some.map(describe))));
  }
  return described;
}
