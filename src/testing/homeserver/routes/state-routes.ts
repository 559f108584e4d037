import { parseUserId } from '../../../matrix/ids.ts';
import { checkEventSize } from '../event-size.ts';
import { viewEvent } from '../event-view.ts';
import { checkCanonical, parseJsonObject } from '../json-content.ts';
import { invite, join, leave, remove, unban } from '../membership.ts';
import { checkPowerToSend } from '../power-check.ts';
import { checkPowerLevelsChange, checkPowerLevelsForm } from '../power-levels-check.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const state = '/_matrix/client/v3/rooms/{roomId}/state';
/** The specification lets an empty state key go with its slash; both forms are one operation. */
const oneState = [`${state}/{eventType}/{stateKey}`, `${state}/{eventType}`] as const;

/** Room state, client-server API §6.5. */
export const stateRoutes: readonly Route[] = [
  authenticated('getRoomState', 'GET', state, (world, request, caller) => {
    const room = world.rooms.whereReadable(request.param('roomId'), caller.userId);
    const nowMs = world.clock.now();
    return ok(room.allState().map((event) => viewEvent(event, caller, nowMs)));
  }),
  ...oneState.flatMap((template) => [
    authenticated('getRoomStateWithKey', 'GET', template, getState),
    authenticated('setRoomStateWithKey', 'PUT', template, putState),
  ]),
];

function getState(world: World, request: FakeRequest, caller: Caller): Reply {
  const room = world.rooms.whereReadable(request.param('roomId'), caller.userId);
  const event = room.state(request.param('eventType'), request.param('stateKey'));
  if (event === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'Event not found.');
  const asEvent = request.query.get('format') === 'event';
  return ok(asEvent ? viewEvent(event, caller, world.clock.now()) : event.content);
}

function putState(world: World, request: FakeRequest, caller: Caller): Reply {
  const content = parseJsonObject(request.body);
  world.rateLimit.take(caller.userId);
  const type = request.param('eventType');
  const stateKey = request.param('stateKey');
  const roomId = request.param('roomId');
  if (type === 'm.room.member') applyMembership(world, roomId, caller, stateKey, content);
  const room =
    type === 'm.room.member'
      ? world.rooms.whereReadable(roomId, caller.userId)
      : world.rooms.whereJoined(roomId, caller.userId);
  checkCanonical(content, request.body);
  if (type === 'm.room.power_levels') checkPowerLevelsForm(room, content);
  checkEventSize(room, { type, state_key: stateKey, sender: caller.userId, content });
  if (type !== 'm.room.member') checkPowerToSend(room, caller.userId, type, stateKey);
  if (type === 'm.room.power_levels') checkPowerLevelsChange(room, caller.userId, content);
  return ok({ event_id: world.rooms.setState(room, caller.userId, type, stateKey, content) });
}

/** Members may be set as state too, by the same rules as by their own calls. */
function applyMembership(
  world: World,
  roomId: string,
  caller: Caller,
  stateKey: string,
  content: JsonObject,
): void {
  const userId = parseUserId(stateKey);
  if (userId === undefined) throw new Refusal(400, 'M_BAD_JSON', 'Not a valid user id');
  const isOwn = userId === caller.userId;
  switch (content['membership']) {
    case 'join':
      if (!isOwn) throw new Refusal(403, 'M_FORBIDDEN', 'Cannot force another user to join.');
      join(world, roomId, userId);
      return;
    case 'invite':
      invite(world, roomId, caller.userId, userId);
      return;
    case 'ban':
      remove(world, roomId, caller.userId, userId, 'ban');
      return;
    case 'leave':
      if (isOwn) leave(world, roomId, userId);
      else if (world.rooms.get(roomId)?.membership(userId) === 'ban') {
        unban(world, roomId, caller.userId, userId);
      } else remove(world, roomId, caller.userId, userId, 'kick');
      return;
    default:
      throw new Refusal(400, 'M_BAD_JSON', 'Unknown membership');
  }
}
