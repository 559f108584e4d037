import { MatrixError } from '../matrix/errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import { levelToSend, powerOf, roomVersionOf } from '../matrix/power.ts';
import { joinRoom } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import { roomState, roomStateEvent } from '../matrix/state.ts';
import type { Setback } from './outcome.ts';

export type Refusal =
  /** It was not in the room and now is. */
  { readonly kind: 'joined' } | { readonly kind: 'stays'; readonly outcome: Setback };

/** What was refused, and how. */
export interface Refused {
  readonly eventType: string;
  /** The homeserver's words. */
  readonly words: string;
  /** Servers through which the room can be joined. */
  readonly via: readonly string[];
}

/**
 * Why a room refused this account: not in it (then it joins, once), too little power (somebody has to give it), or
 * neither, which no waiting mends.
 *
 * @throws MatrixError, TransportError when the homeserver does not say
 */
export async function explainRefusal(
  session: Session,
  roomId: RoomId,
  refused: Refused,
  signal: AbortSignal,
): Promise<Refusal> {
  const { eventType, words } = refused;
  const membership = await membershipOf(session, roomId, signal);
  if (membership !== 'join') return await tryToJoin(session, roomId, refused, signal);
  const closed = (error: string): Refusal => ({
    kind: 'stays',
    outcome: { kind: 'room-closed', error },
  });
  const levels = await roomState(session, roomId, 'm.room.power_levels', '', signal);
  const create = await roomStateEvent(session, roomId, 'm.room.create', '', signal);
  if (create === undefined) return closed(words);
  const power = powerOf(session.userId, levels, create, roomVersionOf(create));
  const needed = levelToSend(eventType, false, levels);
  if (power < needed) {
    return closed(`${words} (it has power ${power} there and needs ${needed})`);
  }
  return { kind: 'stays', outcome: { kind: 'dead', reason: 'refused', error: words } };
}

async function membershipOf(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const member = await roomState(session, roomId, 'm.room.member', session.userId, signal);
    const membership = member?.['membership'];
    return typeof membership === 'string' ? membership : undefined;
  } catch (error) {
    if (error instanceof MatrixError && (error.status === 403 || error.status === 404)) {
      return undefined;
    }
    throw error;
  }
}

async function tryToJoin(
  session: Session,
  roomId: RoomId,
  { words, via }: Refused,
  signal: AbortSignal,
): Promise<Refusal> {
  try {
    await joinRoom(session, roomId, via, signal);
    return { kind: 'joined' };
  } catch (error) {
    if (!isRefusedJoin(error)) throw error;
    const joining = `joining it failed too: ${error.message}`;
    return {
      kind: 'stays',
      outcome: { kind: 'room-closed', error: `${words}; ${joining}` },
    };
  }
}

/** Whether the room is what stands in the way, and not the session, a limit or a server that fails. */
export function isRefusedJoin(error: unknown): error is MatrixError {
  if (!(error instanceof MatrixError) || !error.json) return false;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 401 && status !== 429;
}
