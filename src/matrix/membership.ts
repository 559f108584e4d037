import { encodePath } from './encode-path.ts';
import type { RoomId, UserId } from './ids.ts';
import type { Session } from './session.ts';
import { sessionCallWith } from './session-call.ts';

/** What a user is to a room (Client-Server API "m.room.member"). */
export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock';

const memberships: readonly string[] = ['join', 'invite', 'leave', 'ban', 'knock'];

/** A text as a membership; undefined if it is none. */
export function parseMembership(text: string): Membership | undefined {
  return memberships.includes(text) ? (text as Membership) : undefined;
}

/** Puts a user out of a room, or takes an invitation back (POST /v3/rooms/{roomId}/kick). */
export async function kickUser(
  session: Session,
  roomId: RoomId,
  target: { readonly userId: UserId; readonly reason?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/kick`;
  const body = { user_id: target.userId, reason: target.reason };
  await sessionCallWith(session, 'POST', path, body, signal);
}

/** Puts a user out of a room for good (POST /v3/rooms/{roomId}/ban). */
export async function banUser(
  session: Session,
  roomId: RoomId,
  target: { readonly userId: UserId; readonly reason?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/ban`;
  const body = { user_id: target.userId, reason: target.reason };
  await sessionCallWith(session, 'POST', path, body, signal);
}

/** Lets a banned user be invited or join again (POST /v3/rooms/{roomId}/unban). */
export async function unbanUser(
  session: Session,
  roomId: RoomId,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/unban`;
  await sessionCallWith(session, 'POST', path, { user_id: userId }, signal);
}
