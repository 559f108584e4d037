import { MatrixError } from '../matrix/errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import { levelToSend, powerOf, roomVersionOf } from '../matrix/power.ts';
import { joinRoom } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import { roomState, roomStateEvent } from '../matrix/state.ts';
import type { Outcome } from './outcome.ts';

export type Refusal =
  /** It was not in the room and now is. */
  { readonly kind: 'joined' } | { readonly kind: 'stays'; readonly outcome: Outcome };

/**
 * Why a room refused this account: not in it (then it joins, once), too little power (somebody has to give it), or
 * neither, which no waiting mends.
 *
 * @throws MatrixError, TransportError when the homeserver does not say
 */
export async function explainRefusal(
  session: Session,
  roomId: RoomId,
  refused: { readonly eventType: string; readonly words: string },
  signal: AbortSignal,
): Promise<Refusal> {
  const { eventType, words } = refused;
  const membership = await membershipOf(session, roomId, signal);
  if (membership !== 'join') return await tryToJoin(session, roomId, words, signal);
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
  words: string,
  signal: AbortSignal,
): Promise<Refusal> {
  try {
    await joinRoom(session, roomId, [], signal);
    return { kind: 'joined' };
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status === 429 || error.status >= 500) throw error;
    const joining = `joining it failed too: ${error.message}`;
    return {
      kind: 'stays',
      outcome: { kind: 'room-closed', error: `${words}; ${joining}` },
    };
  }
}
