import { checkEventSize } from '../event-size.ts';
import { viewEvent } from '../event-view.ts';
import { checkCanonical, isObject, parseJsonObject } from '../json-content.ts';
import { join } from '../membership.ts';
import { checkPowerToSend } from '../power-check.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import type { Room } from '../room.ts';
import { creatorInUsers } from '../room-creation.ts';
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
  if (type === 'm.room.member' && stateKey === caller.userId && content['membership'] === 'join') {
    join(world, request.param('roomId'), caller.userId);
  }
  const room = world.rooms.whereJoined(request.param('roomId'), caller.userId);
  checkCanonical(content, request.body);
  if (type === 'm.room.power_levels') checkPowerLevels(room, content);
  checkEventSize(room, { type, state_key: stateKey, sender: caller.userId, content });
  if (type !== 'm.room.member') checkPowerToSend(room, caller.userId, type, stateKey);
  return ok({ event_id: world.rooms.setState(room, caller.userId, type, stateKey, content) });
}

function checkPowerLevels(room: Room, content: JsonObject): void {
  const users = isObject(content['users']) ? content['users'] : {};
  for (const userId of Object.keys(users)) {
    if (room.power(userId) === Number.POSITIVE_INFINITY) throw creatorInUsers(userId);
  }
  for (const [name, level] of Object.entries(content)) {
    if (typeof level === 'string') {
      throw new Refusal(400, 'M_BAD_JSON', `"${name}": '${level}' is not of type 'integer'`);
    }
  }
}
