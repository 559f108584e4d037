import { call } from './call.ts';
import { encodePath } from './encode-path.ts';
import { MatrixError } from './errors.ts';
import type { Homeserver } from './homeserver.ts';
import {
  parseRoomId,
  parseUserId,
  type RoomAlias,
  type RoomId,
  type RoomReference,
  type UserId,
} from './ids.ts';
import { fromText, type JsonObject, listOf, objectOf } from './json.ts';
import type { Session } from './session.ts';
import { sessionCall, sessionCallWith } from './session-call.ts';

/** Where an alias leads, and the servers through which the room can be joined. */
export interface ResolvedAlias {
  readonly roomId: RoomId;
  readonly servers: readonly string[];
}

export interface NewRoom {
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  /** The localpart of an alias on the session's homeserver. */
  readonly aliasLocalpart?: string | undefined;
  readonly preset?: 'private_chat' | 'public_chat' | 'trusted_private_chat' | undefined;
  readonly visibility?: 'public' | 'private' | undefined;
  readonly invite?: readonly UserId[] | undefined;
  readonly roomVersion?: string | undefined;
  readonly creationContent?: JsonObject | undefined;
  readonly initialState?:
    | readonly { readonly type: string; readonly stateKey: string; readonly content: JsonObject }[]
    | undefined;
  readonly powerLevelContentOverride?: JsonObject | undefined;
}

/** The first few servers of an alias are enough to find a room; some rooms list hundreds. */
const viaMax = 10;

/** Needs no session: GET /v3/directory/room/{alias}. Undefined: there is no such alias (404 M_NOT_FOUND). */
export async function resolveAlias(
  homeserver: Homeserver,
  alias: RoomAlias,
  signal: AbortSignal,
): Promise<ResolvedAlias | undefined> {
  const answer = await foundOrUndefined(
    call(homeserver, {
      method: 'GET',
      path: encodePath`/_matrix/client/v3/directory/room/${alias}`,
      signal,
    }),
  );
  if (answer === undefined) return undefined;
  const servers = listOf(answer.object['servers']) ?? [];
  return {
    roomId: answer.need('room_id', fromText(parseRoomId)),
    servers: servers.filter((server) => typeof server === 'string'),
  };
}

/** Joins, or accepts an invitation (POST /v3/join/{roomIdOrAlias}). Joining again changes nothing. */
export async function joinRoom(
  session: Session,
  room: RoomReference,
  via: readonly string[],
  signal: AbortSignal,
): Promise<RoomId> {
  // Homeservers older than version 1.12 of the specification know `via` by the name `server_name` only.
  const query = via
    .slice(0, viaMax)
    .map((server) => encodePath`via=${server}&server_name=${server}`)
    .join('&');
  const path = encodePath`/_matrix/client/v3/join/${room}`;
  const answer = await sessionCallWith(
    session,
    'POST',
    query === '' ? path : `${path}?${query}`,
    {},
    signal,
  );
  return answer.need('room_id', fromText(parseRoomId));
}

/** The rooms this account is in (GET /v3/joined_rooms). */
export async function joinedRooms(session: Session, signal: AbortSignal): Promise<RoomId[]> {
  const answer = await sessionCall(session, 'GET', '/_matrix/client/v3/joined_rooms', signal);
  return answer
    .need('joined_rooms', listOf)
    .map(fromText(parseRoomId))
    .filter((roomId) => roomId !== undefined);
}

/** The users in a room this account is in (GET /v3/rooms/{roomId}/joined_members). */
export async function joinedMembers(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<UserId[]> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/joined_members`;
  const answer = await sessionCall(session, 'GET', path, signal);
  return Object.keys(answer.need('joined', objectOf))
    .map(parseUserId)
    .filter((userId) => userId !== undefined);
}

/** Makes a room and is in it (POST /v3/createRoom). */
export async function createRoom(
  session: Session,
  room: NewRoom,
  signal: AbortSignal,
): Promise<RoomId> {
  const body = {
    name: room.name,
    topic: room.topic,
    room_alias_name: room.aliasLocalpart,
    preset: room.preset,
    visibility: room.visibility,
    invite: room.invite,
    room_version: room.roomVersion,
    creation_content: room.creationContent,
    initial_state: room.initialState?.map(({ type, stateKey, content }) => ({
      type,
      state_key: stateKey,
      content,
    })),
    power_level_content_override: room.powerLevelContentOverride,
  };
  const path = '/_matrix/client/v3/createRoom';
  const answer = await sessionCallWith(session, 'POST', path, body, signal);
  return answer.need('room_id', fromText(parseRoomId));
}

/** Invites a user (POST /v3/rooms/{roomId}/invite). */
export async function invite(
  session: Session,
  roomId: RoomId,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/invite`;
  await sessionCallWith(session, 'POST', path, { user_id: userId }, signal);
}

/** The answer, or undefined for exactly 404 `M_NOT_FOUND`: any other refusal says nothing about what is there. */
export async function foundOrUndefined<Answered>(
  answered: Promise<Answered>,
): Promise<Answered | undefined> {
  try {
    return await answered;
  } catch (error) {
    if (error instanceof MatrixError && error.status === 404 && error.errcode === 'M_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}
