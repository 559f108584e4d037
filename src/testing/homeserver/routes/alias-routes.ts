import { parseRoomAlias, type RoomAlias, type RoomId } from '../../../matrix/ids.ts';
import { parseJsonObject } from '../json-content.ts';
import { ok, Refusal } from '../reply.ts';
import { authenticated, open, type Route } from '../route.ts';
import type { World } from '../world.ts';

const path = '/_matrix/client/v3/directory/room/{roomAlias}';

/** Room aliases, client-server API §11.3. */
export const aliasRoutes: readonly Route[] = [
  open('getRoomIdByAlias', 'GET', path, (world, request) =>
    ok({
      room_id: resolveAlias(world, request.param('roomAlias')),
      servers: [world.serverName],
    }),
  ),
  authenticated('setRoomAlias', 'PUT', path, (world, request, caller) => {
    const alias = readAlias(request.param('roomAlias'));
    const roomId = parseJsonObject(request.body)['room_id'];
    const room = world.rooms.whereJoined(String(roomId), caller.userId);
    if (world.rooms.aliases.has(alias)) {
      throw new Refusal(409, 'M_UNKNOWN', `Room alias ${alias} already exists`);
    }
    world.rooms.aliases.set(alias, { roomId: room.roomId, createdBy: caller.userId });
    return ok({});
  }),
  authenticated('deleteRoomAlias', 'DELETE', path, (world, request, caller) => {
    const alias = readAlias(request.param('roomAlias'));
    const directed = world.rooms.aliases.get(alias);
    if (directed === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'Unknown room alias');
    if (directed.createdBy !== caller.userId) {
      throw new Refusal(403, 'M_FORBIDDEN', "You don't have permission to delete the alias.");
    }
    world.rooms.aliases.delete(alias);
    return ok({});
  }),
];

/** @throws Refusal 404 `M_NOT_FOUND`. */
export function resolveAlias(world: World, text: string): RoomId {
  const alias = readAlias(text);
  const directed = world.rooms.aliases.get(alias);
  if (directed === undefined) {
    throw new Refusal(404, 'M_NOT_FOUND', `Room alias ${alias} not found`);
  }
  return directed.roomId;
}

function readAlias(text: string): RoomAlias {
  const alias = parseRoomAlias(text);
  if (alias === undefined) throw new Refusal(400, 'M_INVALID_PARAM', 'Room alias invalid');
  return alias;
}
