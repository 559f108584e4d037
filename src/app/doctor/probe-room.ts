import { MatrixError } from '../../matrix/errors.ts';
import { isRoomAlias, parseRoomId, type RoomId, type RoomReference } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import { levelToSend, powerOf, roomVersionOf } from '../../matrix/power.ts';
import { resolveAlias } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { roomState, roomStateEvent } from '../../matrix/state.ts';

/** What the homeserver says of an account in a room. */
export type RoomProbe =
  /** The alias leads nowhere. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'outside'; readonly roomId: RoomId; readonly membership: string }
  | {
      readonly kind: 'inside';
      readonly roomId: RoomId;
      readonly version: string;
      readonly power: number;
      /** The power it takes to send a message there. */
      readonly needed: number;
      readonly encrypted: boolean;
      /** The room that a tombstone names. */
      readonly replacedBy: RoomId | undefined;
    };

async function find(session: Session, room: RoomReference, signal: AbortSignal) {
  if (!isRoomAlias(room)) return room;
  return (await resolveAlias(session.homeserver, room, signal))?.roomId;
}

/** State as far as this account may see it. */
async function visible<Content>(asked: Promise<Content | undefined>): Promise<Content | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MatrixError && (error.status === 403 || error.status === 404)) {
      return undefined;
    }
    throw error;
  }
}

const text = (content: JsonObject | undefined, name: string): string | undefined => {
  const value = content?.[name];
  return typeof value === 'string' ? value : undefined;
};

/**
 * Looks at a room without changing anything in it.
 *
 * @throws MatrixError, TransportError when the homeserver does not say
 */
export async function probeRoom(
  session: Session,
  room: RoomReference,
  signal: AbortSignal,
): Promise<RoomProbe> {
  const roomId = await find(session, room, signal);
  if (roomId === undefined) return { kind: 'unknown' };
  const state = async (type: string, key = '') =>
    await visible(roomState(session, roomId, type, key, signal));
  const membership = text(await state('m.room.member', session.userId), 'membership') ?? 'none';
  if (membership !== 'join') return { kind: 'outside', roomId, membership };
  const create = await visible(roomStateEvent(session, roomId, 'm.room.create', '', signal));
  if (create === undefined) return { kind: 'outside', roomId, membership: 'unclear' };
  const levels = await state('m.room.power_levels');
  // An answer that says neither yes nor no is thrown: nothing may count as unencrypted by mistake.
  const encryption = await roomState(session, roomId, 'm.room.encryption', '', signal);
  const version = roomVersionOf(create);
  return {
    kind: 'inside',
    roomId,
    version,
    power: powerOf(session.userId, levels, create, version),
    needed: levelToSend('m.room.message', false, levels),
    encrypted: encryption !== undefined,
    replacedBy: parseRoomId(text(await state('m.room.tombstone'), 'replacement_room') ?? ''),
  };
}
