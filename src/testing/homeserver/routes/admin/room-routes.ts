import { parseRoomAlias } from '../../../../matrix/ids.ts';
import { localUser } from '../../admin-user-view.ts';
import { viewEvent } from '../../event-view.ts';
import { isObject, parseJsonObject, parseOptionalJsonObject } from '../../json-content.ts';
import { invite, join, putMembership } from '../../membership.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../../reply.ts';
import type { Room } from '../../room.ts';
import { administrative, type FakeRequest, type Route } from '../../route.ts';
import type { Caller } from '../../users.ts';
import type { World } from '../../world.ts';
import { resolveAlias } from '../alias-routes.ts';

const admin = '/_synapse/admin';
const oneRoom = `${admin}/v1/rooms/{roomId}`;

/** Synapse's page of rooms when none is asked for. */
const roomsLimitDefault = 100;

/** Rooms, in Synapse's admin API. */
export const adminRoomRoutes: readonly Route[] = [
  administrative('adminListRooms', 'GET', `${admin}/v1/rooms`, listRooms),
  administrative('adminGetRoom', 'GET', oneRoom, (world, request) => {
    const room = knownRoom(world, request);
    const tombstone = room.state('m.room.tombstone', '')?.content;
    return ok({
      ...listedRoom(room),
      avatar: stateField(room, 'm.room.avatar', 'url'),
      topic: stateField(room, 'm.room.topic', 'topic'),
      joined_local_devices: devicesIn(world, room),
      forgotten: room.joined().length === 0,
      tombstoned: tombstone !== undefined,
      replacement_room: tombstone?.['replacement_room'] ?? null,
    });
  }),
  administrative('adminGetRoomState', 'GET', `${oneRoom}/state`, (world, request, caller) => {
    const type = request.query.get('type');
    const nowMs = world.clock.now();
    const state = knownRoom(world, request)
      .allState()
      .filter((event) => type === null || event.type === type);
    return ok({ state: state.map((event) => viewEvent(event, caller, nowMs)) });
  }),
  administrative('adminGetRoomMembers', 'GET', `${oneRoom}/members`, (world, request) => {
    const members = knownRoom(world, request).joined();
    return ok({ members, total: members.length });
  }),
  administrative('adminJoin', 'POST', `${admin}/v1/join/{roomIdOrAlias}`, forceJoin),
  administrative('adminMakeRoomAdmin', 'POST', `${oneRoom}/make_room_admin`, makeRoomAdmin),
];

function knownRoom(world: World, request: FakeRequest): Room {
  const room = world.rooms.get(request.param('roomId'));
  if (room === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'Room not found');
  return room;
}

function listRooms(world: World, request: FakeRequest): Reply {
  const from = Number(request.query.get('from') ?? 0);
  const limit = Number(request.query.get('limit') ?? roomsLimitDefault);
  const term = (request.query.get('search_term') ?? '').toLowerCase();
  const rooms = world.rooms
    .all()
    .map(listedRoom)
    .filter((room) =>
      [room['name'], room['canonical_alias'], room['room_id']].some(
        (text) => typeof text === 'string' && text.toLowerCase().includes(term),
      ),
    );
  const page = rooms.slice(from, from + limit);
  const end = from + page.length;
  return ok({
    offset: from,
    rooms: page,
    total_rooms: rooms.length,
    ...(end < rooms.length ? { next_batch: end } : {}),
    ...(from > 0 ? { prev_batch: Math.max(0, from - limit) } : {}),
  });
}

function listedRoom(room: Room): JsonObject {
  const create = room.state('m.room.create', '');
  const joined = room.joined().length;
  return {
    room_id: room.roomId,
    name: stateField(room, 'm.room.name', 'name'),
    canonical_alias: stateField(room, 'm.room.canonical_alias', 'alias'),
    joined_members: joined,
    joined_local_members: joined,
    version: room.version,
    creator: create?.sender ?? null,
    encryption: stateField(room, 'm.room.encryption', 'algorithm'),
    federatable: create?.content['m.federate'] !== false,
    public: false,
    join_rules: stateField(room, 'm.room.join_rules', 'join_rule'),
    guest_access: stateField(room, 'm.room.guest_access', 'guest_access'),
    history_visibility: stateField(room, 'm.room.history_visibility', 'history_visibility'),
    state_events: room.allState().length,
    room_type: create?.content['type'] ?? null,
  };
}

const stateField = (room: Room, type: string, field: string): unknown =>
  room.state(type, '')?.content[field] ?? null;

const devicesIn = (world: World, room: Room): number =>
  room.joined().reduce((sum, userId) => sum + (world.users.get(userId)?.devices.size ?? 0), 0);

/** Unless the room is public, the administrator invites first, and so must be there with the power to. */
function forceJoin(world: World, request: FakeRequest, caller: Caller): Reply {
  const { user_id: text } = parseJsonObject(request.body);
  const error = 'This endpoint can only be used with local users';
  const user = localUser(world, String(text), error);
  const reference = request.param('roomIdOrAlias');
  const roomId = reference.startsWith('#') ? resolveAlias(world, reference) : reference;
  if (user.suspended) {
    const reason = 'Joining rooms while account is suspended is not allowed.';
    throw new Refusal(403, 'M_USER_SUSPENDED', reason);
  }
  const room = world.rooms.get(roomId);
  const joinRule = room?.state('m.room.join_rules', '')?.content['join_rule'];
  if (room !== undefined && joinRule !== 'public') {
    invite(world, roomId, caller.userId, user.userId);
  }
  return ok({ room_id: join(world, roomId, user.userId) });
}

/** Acts in the name of the local member with the most power, who may give no more than their own. */
function makeRoomAdmin(world: World, request: FakeRequest, caller: Caller): Reply {
  const { user_id: text = caller.userId } = parseOptionalJsonObject(request.body);
  const user = localUser(world, String(text));
  const reference = request.param('roomId');
  const alias = parseRoomAlias(reference);
  const roomId = alias === undefined ? reference : resolveAlias(world, alias);
  const room = world.rooms.get(roomId);
  if (room === undefined || room.joined().length === 0) {
    throw new Refusal(400, 'M_UNKNOWN', 'Server not in room');
  }
  const levels = room.state('m.room.power_levels', '')?.content ?? {};
  const users = isObject(levels['users']) ? levels['users'] : {};
  const named = room.joined().filter((member) => member in users || room.isCreator(member));
  const [strongest] = named.sort((one, other) => room.power(other) - room.power(one));
  if (strongest === undefined) {
    throw new Refusal(400, 'M_UNKNOWN', 'No local admin user in room');
  }
  if (room.power(strongest) < room.powerToSend('m.room.power_levels', true)) {
    const error = 'No local admin user in room with power to update power levels.';
    throw new Refusal(400, 'M_UNKNOWN', error);
  }
  const given = users[strongest] ?? 100;
  const content = { ...levels, users: { ...users, [user.userId]: given } };
  world.rooms.setState(room, strongest, 'm.room.power_levels', '', content);
  const membership = room.membership(user.userId);
  const isPublic = room.state('m.room.join_rules', '')?.content['join_rule'] === 'public';
  if (membership !== 'join' && membership !== 'invite' && !isPublic) {
    putMembership(world, room, strongest, user.userId, 'invite');
  }
  return ok({});
}
