import type { FastifyReply, RouteOptions } from 'fastify';
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

/** `GET directory/room/{alias}` */
export function resolveAlias(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      const { rooms, serverName } = settingsOf(request);
      const { alias } = request.params as { readonly alias: string };
      if (rooms.find(alias).length === 0) {
        throw new MatrixRefusal(404, 'M_NOT_FOUND', 'Room alias not found: it is not configured');
      }
      return send(reply, {
        room_id: rooms.roomIdOf(roomOf(request, alias)),
        servers: [serverName],
      });
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
