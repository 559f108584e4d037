import { encodePath } from '../encode-path.ts';
import { parseRoomId, parseUserId, type RoomId, type UserId } from '../ids.ts';
import { fromText, listOf, objectOf, textOf } from '../json.ts';
import { type Membership, parseMembership } from '../membership.ts';
import { foundOrUndefined } from '../rooms.ts';
import type { Session } from '../session.ts';
import { sessionCall, sessionCallWith } from '../session-call.ts';
import { type StateEvent, stateEvent } from '../state-event.ts';

/** What the homeserver keeps of a room, seen from outside it. */
export interface RoomDetails {
  readonly creator: UserId | undefined;
  readonly version: string | undefined;
  /** Joined accounts of this homeserver; 0: nobody here can act in it any more. */
  readonly joinedLocalMembers: number;
}

/** A room seen from outside (GET v1/rooms/{roomId}); undefined: the homeserver does not know it. */
export async function roomDetails(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<RoomDetails | undefined> {
  const path = encodePath`/_synapse/admin/v1/rooms/${roomId}`;
  const answer = await foundOrUndefined(sessionCall(session, 'GET', path, signal));
  if (answer === undefined) return undefined;
  const joined = answer.object['joined_local_members'];
  return {
    creator: fromText(parseUserId)(answer.object['creator']),
    version: textOf(answer.object['version']),
    joinedLocalMembers: typeof joined === 'number' ? joined : 0,
  };
}

/** The whole state of a room, without being in it (GET v1/rooms/{roomId}/state); undefined: there is no such room. */
export async function adminRoomState(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<StateEvent[] | undefined> {
  const path = encodePath`/_synapse/admin/v1/rooms/${roomId}/state`;
  const answer = await foundOrUndefined(sessionCall(session, 'GET', path, signal));
  return answer
    ?.need('state', listOf)
    .map(stateEvent)
    .filter((event) => event !== undefined);
}

/** Who is in a room (GET v1/rooms/{roomId}/members); undefined: there is no such room. */
export async function roomMembers(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<UserId[] | undefined> {
  const path = encodePath`/_synapse/admin/v1/rooms/${roomId}/members`;
  const answer = await foundOrUndefined(sessionCall(session, 'GET', path, signal));
  return answer
    ?.need('members', listOf)
    .map(fromText(parseUserId))
    .filter((userId) => userId !== undefined);
}

/**
 * Lets a user of this homeserver be in a room (POST v1/join/{roomId}). Unless anybody may join, the administrator itself
 * invites first, so it must be in the room with the power to. A deactivated account is joined like any other.
 * @throws MatrixError 403 for what is not allowed and for who is in a private room already, 404 for an unknown user or
 * room, 400 for a user of another homeserver.
 */
export async function forceJoin(
  session: Session,
  roomId: RoomId,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_synapse/admin/v1/join/${roomId}`;
  await sessionCallWith(session, 'POST', path, { user_id: userId }, signal);
}

/**
 * Gives a user the power of the strongest joined local user of a room, and invites it if it could not join by itself
 * (POST v1/rooms/{roomId}/make_room_admin). From room version 12 on at most 100.
 * @throws MatrixError 400 when no local user has power there.
 */
export async function makeRoomAdmin(
  session: Session,
  roomId: RoomId,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_synapse/admin/v1/rooms/${roomId}/make_room_admin`;
  await sessionCallWith(session, 'POST', path, { user_id: userId }, signal);
}

/** The rooms a user is in (GET v1/users/{userId}/joined_rooms); none for who is unknown. */
export async function joinedRoomsOf(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<RoomId[]> {
  const path = encodePath`/_synapse/admin/v1/users/${userId}/joined_rooms`;
  const answer = await sessionCall(session, 'GET', path, signal);
  return answer
    .need('joined_rooms', listOf)
    .map(fromText(parseRoomId))
    .filter((roomId) => roomId !== undefined);
}

/** What a user is to each room it ever had to do with (GET v1/users/{userId}/memberships). */
export async function membershipsOf(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<Map<RoomId, Membership>> {
  const path = encodePath`/_synapse/admin/v1/users/${userId}/memberships`;
  const answer = await sessionCall(session, 'GET', path, signal);
  const memberships = new Map<RoomId, Membership>();
  for (const [room, value] of Object.entries(answer.need('memberships', objectOf))) {
    const roomId = parseRoomId(room);
    const membership = fromText(parseMembership)(value);
    if (roomId !== undefined && membership !== undefined) memberships.set(roomId, membership);
  }
  return memberships;
}
