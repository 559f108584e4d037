import { type Failure, toFailure } from '../../errors.ts';
import { MatrixError } from '../../matrix/errors.ts';
import { isRoomAlias, parseRoomId, type RoomId, type RoomReference } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import { levelToSend, powerOf, roomVersionOf } from '../../matrix/power.ts';
import { resolveAlias } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { roomState, roomStateEvent } from '../../matrix/state.ts';
import { matrixFailure } from '../matrix-failure.ts';

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
      /** The algorithm that the room asks for, or what stands in its place; undefined: it is not encrypted. */
      readonly encryption: string | undefined;
      /** The room that a tombstone names. */
      readonly replacedBy: RoomId | undefined;
    }
  /** The homeserver says neither that the room is encrypted nor that it is not. */
  | { readonly kind: 'silent'; readonly roomId: RoomId; readonly failure: Failure };

/** The type of what is sent to encrypted rooms. */
const sealed = 'm.room.encrypted';

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

/** Only a room that is said to have no such state counts as unencrypted; any other answer keeps messages back. */
async function encryptionOf(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'said'; readonly encryption: string | undefined }
  | { readonly kind: 'silent'; readonly failure: Failure }
> {
  try {
    const content = await roomState(session, roomId, 'm.room.encryption', '', signal);
    if (content === undefined) return { kind: 'said', encryption: undefined };
    return { kind: 'said', encryption: text(content, 'algorithm') ?? 'without a name' };
  } catch (thrown) {
    // A token that is no longer taken is for the account to renew.
    const isOfSession = thrown instanceof MatrixError && thrown.status === 401;
    if (isOfSession || signal.aborted) throw thrown;
    return { kind: 'silent', failure: toFailure(matrixFailure(thrown)) };
  }
}

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
  const asked = await encryptionOf(session, roomId, signal);
  if (asked.kind === 'silent') return { ...asked, roomId };
  const { encryption } = asked;
  const version = roomVersionOf(create);
  return {
    kind: 'inside',
    roomId,
    version,
    power: powerOf(session.userId, levels, create, version),
    needed: levelToSend(encryption === undefined ? 'm.room.message' : sealed, false, levels),
    encryption,
    replacedBy: parseRoomId(text(await state('m.room.tombstone'), 'replacement_room') ?? ''),
  };
}
