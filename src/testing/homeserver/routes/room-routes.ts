import { parseUserId, type UserId } from '../../../matrix/ids.ts';
import { unsupportedVersion } from '../creation-wishes.ts';
import { viewEvent } from '../event-view.ts';
import { parseJsonObject, parseOptionalJsonObject } from '../json-content.ts';
import { forget, invite, join, leave, remove, unban } from '../membership.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import { createRoom } from '../room-creation.ts';
import { upgradeRoom } from '../room-upgrade.ts';
import { authenticated, type Route } from '../route.ts';
import { resolveAlias } from './alias-routes.ts';

const room = '/_matrix/client/v3/rooms/{roomId}';

/** Rooms and who is in them, client-server API §11. */
export const roomRoutes: readonly Route[] = [
  authenticated('createRoom', 'POST', '/_matrix/client/v3/createRoom', (world, request, caller) => {
    const body = parseJsonObject(request.body);
    world.rateLimit.take(caller.userId);
    return ok({ room_id: createRoom(world, caller.userId, body).roomId });
  }),
  authenticated(
    'joinRoom',
    'POST',
    '/_matrix/client/v3/join/{roomIdOrAlias}',
    (world, request, caller) => {
      parseOptionalJsonObject(request.body);
      const reference = request.param('roomIdOrAlias');
      if (!/^[!#]/.test(reference)) {
        throw new Refusal(400, 'M_UNKNOWN', `${reference} was not legal room ID or room alias`);
      }
      const roomId = reference.startsWith('#') ? resolveAlias(world, reference) : reference;
      return ok({ room_id: join(world, roomId, caller.userId) });
    },
  ),
  authenticated('joinRoomById', 'POST', `${room}/join`, (world, request, caller) => {
    parseOptionalJsonObject(request.body);
    return ok({ room_id: join(world, request.param('roomId'), caller.userId) });
  }),
  authenticated('inviteUser', 'POST', `${room}/invite`, (world, request, caller) => {
    const userId = readUserId(parseJsonObject(request.body));
    world.rateLimit.take(caller.userId);
    invite(world, request.param('roomId'), caller.userId, userId);
    return ok({});
  }),
  authenticated('leaveRoom', 'POST', `${room}/leave`, (world, request, caller) => {
    parseOptionalJsonObject(request.body);
    leave(world, request.param('roomId'), caller.userId);
    return ok({});
  }),
  authenticated('forgetRoom', 'POST', `${room}/forget`, (world, request, caller) => {
    parseOptionalJsonObject(request.body);
    forget(world, request.param('roomId'), caller.userId);
    return ok({});
  }),
  authenticated('unban', 'POST', `${room}/unban`, (world, request, caller) => {
    const userId = readUserId(parseJsonObject(request.body));
    unban(world, request.param('roomId'), caller.userId, userId);
    return ok({});
  }),
  ...(['kick', 'ban'] as const).map((action) =>
    authenticated(action, 'POST', `${room}/${action}`, (world, request, caller) => {
      const userId = readUserId(parseJsonObject(request.body));
      remove(world, request.param('roomId'), caller.userId, userId, action);
      return ok({});
    }),
  ),
  authenticated(
    'getJoinedRooms',
    'GET',
    '/_matrix/client/v3/joined_rooms',
    (world, _request, caller) =>
      ok({
        joined_rooms: world.rooms
          .all()
          .filter((each) => each.membership(caller.userId) === 'join')
          .map((each) => each.roomId),
      }),
  ),
  authenticated(
    'getJoinedMembersByRoom',
    'GET',
    `${room}/joined_members`,
    (world, request, caller) => {
      const where = world.rooms.whereReadable(request.param('roomId'), caller.userId);
      if (where.membership(caller.userId) !== 'join') {
        throw new Refusal(
          403,
          'M_FORBIDDEN',
          'Getting joined members while not being a current member of the room is forbidden.',
        );
      }
      const members = where.joined().map((userId) => {
        const member = where.state('m.room.member', userId)?.content ?? {};
        const { displayname: name, avatar_url: avatarUrl } = member;
        return [
          userId,
          {
            ...(name === undefined ? {} : { display_name: name }),
            ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }),
          },
        ];
      });
      return ok({ joined: Object.fromEntries(members) });
    },
  ),
  authenticated('getMembersByRoom', 'GET', `${room}/members`, (world, request, caller) => {
    const where = world.rooms.whereReadable(request.param('roomId'), caller.userId);
    const only = request.query.get('membership');
    const not = request.query.get('not_membership');
    const nowMs = world.clock.now();
    const members = where.allState().filter(({ type, content }) => {
      const membership = content['membership'];
      if (type !== 'm.room.member' || membership === not) return false;
      return only === null || membership === only;
    });
    return ok({ chunk: members.map((event) => viewEvent(event, caller, nowMs)) });
  }),
  authenticated('upgradeRoom', 'POST', `${room}/upgrade`, (world, request, caller) => {
    const version = parseJsonObject(request.body)['new_version'];
    if (typeof version !== 'string') {
      throw new Refusal(400, 'M_MISSING_PARAM', "Missing params: ['new_version']");
    }
    if (!world.settings.roomVersions.includes(version)) throw unsupportedVersion();
    const old = world.rooms.whereJoined(request.param('roomId'), caller.userId);
    const power = old.power(caller.userId);
    const needed = old.powerToSend('m.room.tombstone', true);
    if (power < needed) {
      throw new Refusal(
        403,
        'M_FORBIDDEN',
        `You don't have permission to post that to the room. user_level (${power}) < send_level (${needed})`,
      );
    }
    return ok({ replacement_room: upgradeRoom(world, old, caller.userId, { version }).roomId });
  }),
];

function readUserId(body: JsonObject): UserId {
  const text = body['user_id'];
  if (typeof text !== 'string') {
    throw new Refusal(400, 'M_MISSING_PARAM', "Missing params: ['user_id']");
  }
  const userId = parseUserId(text);
  if (userId === undefined) {
    throw new Refusal(400, 'M_INVALID_PARAM', "Expected UserID string to start with '@'");
  }
  return userId;
}
