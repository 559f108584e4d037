import type { FastifyRequest } from 'fastify';
import { allowedRoom } from '../../routing/choose-rooms.ts';
import type { Destination } from '../../routing/destination.ts';
import { sendingSource, settingsOf } from '../request-state.ts';
import { roomUnasked } from '../submitter.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

/** The rooms that the source has "joined": those it may name. */
export function joinedRooms(request: FastifyRequest): Destination[] {
  const { rules } = sendingSource(request).source;
  return settingsOf(request).rooms.destinations.filter(({ name }) => rules.allowed.includes(name));
}

/** The ids of the joined rooms, each once. */
export function joinedRoomIds(request: FastifyRequest): string[] {
  const { rooms } = settingsOf(request);
  return [...new Set(joinedRooms(request).map((destination) => rooms.roomIdOf(destination)))];
}

/**
 * The room that a path names.
 *
 * @throws MatrixRefusal M_FORBIDDEN, whether it is not configured or not for this source: a homeserver does not tell either;
 * Failure homeserver_unreachable while it is not known yet which rooms are meant
 */
export function roomOf(request: FastifyRequest, named: string): Destination {
  const { rules, name } = sendingSource(request).source;
  const destination = allowedRoom(rules, settingsOf(request).rooms, named);
  if (typeof destination === 'object') return destination;
  if (destination === 'unasked') throw roomUnasked(named);
  throw new MatrixRefusal(
    403,
    'M_FORBIDDEN',
    `Source "${name}" is not in that room: the gateway's configuration allows it other rooms`,
  );
}

/** The room that the path's `room` names. @throws MatrixRefusal M_FORBIDDEN */
export function pathRoom(request: FastifyRequest): Destination {
  return roomOf(request, (request.params as { readonly room: string }).room);
}

/** The Matrix user that the façade says the source is. */
export function facadeUserId(request: FastifyRequest): string {
  const { source } = sendingSource(request);
  return userIdOf(source.name, settingsOf(request).serverName);
}

/** The user id of a source: names may have letters that a localpart may not (appendices, "User Identifiers"). */
export function userIdOf(sourceName: string, serverName: string): string {
  const localpart = sourceName.toLowerCase().replace(/[^a-z0-9._=/+-]/g, '_');
  return `@${localpart}:${serverName}`;
}
