import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { sendingSource, settingsOf } from '../request-state.ts';
import { facadeUserId, joinedRoomIds, pathRoom, roomOf } from './facade-rooms.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

const send = (reply: FastifyReply, body: object): FastifyReply =>
  reply.type('application/json').send(JSON.stringify(body));

/** `GET joined_rooms`: the rooms the source may name. */
export function listJoinedRooms(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => send(reply, { joined_rooms: joinedRoomIds(request) }),
  };
}

/** `POST join/{room}` and `POST rooms/{room}/join`, with any body: shoutrrr sends `null`. */
export function joinRoom(url: string): RouteOptions {
  return {
    method: ['POST', 'PUT'],
    url,
    handler: (request, reply) =>
      send(reply, { room_id: settingsOf(request).rooms.roomIdOf(pathRoom(request)) }),
  };
}

/** Client-Server API, "Room Aliases": at most 255 bytes, the sigil and the server included. */
const aliasBytesMax = 255;

/** The room id of an alias as the source knows it. @throws MatrixRefusal M_NOT_FOUND, M_FORBIDDEN */
function aliasForSource(request: FastifyRequest, alias: string): object {
  const { rooms, serverName } = settingsOf(request);
  if (rooms.find(alias).length === 0) {
    throw new MatrixRefusal(404, 'M_NOT_FOUND', 'Room alias not found: it is not configured');
  }
  return { room_id: rooms.roomIdOf(roomOf(request, alias)), servers: [serverName] };
}

/** An answer that is the same for every alias, configured or not. @throws MatrixRefusal M_INVALID_PARAM */
function aliasForStranger(request: FastifyRequest, alias: string): object {
  const [, server] = /^#[^:]*:(.+)$/su.exec(alias) ?? [];
  if (server === undefined || Buffer.byteLength(alias) > aliasBytesMax) {
    throw new MatrixRefusal(400, 'M_INVALID_PARAM', 'That is no room alias.');
  }
  return { room_id: settingsOf(request).rooms.strangersId(alias), servers: [server] };
}

/**
 * `GET directory/room/{alias}`, for which the specification asks no token. Strangers get an id that a source may then send
 * to, if the alias is configured; which ones are, they do not learn.
 */
export function resolveAlias(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      const { alias } = request.params as { readonly alias: string };
      const answer = request.caller === null ? aliasForStranger : aliasForSource;
      return send(reply, answer(request, alias));
    },
  };
}

/** `GET rooms/{room}/state[/{type}[/{key}]]`: no state at all; above all no encryption, which the gateway sees to. */
export function roomState(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      pathRoom(request);
      const { type } = request.params as { readonly type?: string };
      if (type === undefined) return reply.type('application/json').send('[]');
      throw new MatrixRefusal(404, 'M_NOT_FOUND', 'Event not found.');
    },
  };
}

/** `GET rooms/{room}/joined_members`: the source itself, and nobody whom it could tell keys. */
export function joinedMembers(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      pathRoom(request);
      const { name } = sendingSource(request).source;
      return send(reply, { joined: { [facadeUserId(request)]: { display_name: name } } });
    },
  };
}
