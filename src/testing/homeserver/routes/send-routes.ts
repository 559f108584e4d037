import type { EventId } from '../../../matrix/ids.ts';
import { checkEventSize } from '../event-size.ts';
import { checkCanonical, parseJsonObject } from '../json-content.ts';
import { checkMessage } from '../message-check.ts';
import { checkPowerToSend } from '../power-check.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import type { Room } from '../room.ts';
import type { NewEvent } from '../rooms.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const send = '/_matrix/client/v3/rooms/{roomId}/send/{eventType}';

/** A body this small cannot make an event too large: canonical JSON is never longer than what was sent. */
const surelyFitsBytes = 60_000;
/** Nor can a type this short be too long: no character takes more than three bytes in each of its code units. */
const typeCharsSurelyFit = 85;

/** Sending and redacting, client-server API §6.6 and §6.8. */
export const sendRoutes: readonly Route[] = [
  authenticated('sendMessage', 'PUT', `${send}/{txnId}`, (world, request, caller) =>
    once(world, request, caller, sendEvent),
  ),
  authenticated('sendMessageWithoutTxn', 'POST', send, (world, request, caller) =>
    ok({ event_id: sendEvent(world, request, caller, parseJsonObject(request.body)) }),
  ),
  authenticated(
    'redactEvent',
    'PUT',
    '/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}',
    (world, request, caller) => once(world, request, caller, redactEvent),
  ),
];

type Act = (world: World, request: FakeRequest, caller: Caller, content: JsonObject) => EventId;

/** Acts once for each transaction id; the order of look-ups and rate limit is Synapse's. */
function once(world: World, request: FakeRequest, caller: Caller, act: Act): Reply {
  const { transactions } = world;
  const inMemory = transactions.remembered(caller, request.path);
  if (inMemory !== undefined) return ok({ event_id: inMemory });
  const content = parseJsonObject(request.body);
  world.rateLimit.check(caller.userId);
  const roomId = request.param('roomId');
  const txnId = request.param('txnId');
  const onDisk = transactions.persisted(caller, roomId, txnId);
  const eventId = onDisk ?? act(world, request, caller, content);
  if (onDisk === undefined) transactions.persist(caller, roomId, txnId, eventId);
  transactions.remember(caller, request.path, eventId);
  return ok({ event_id: eventId });
}

function sendEvent(
  world: World,
  request: FakeRequest,
  caller: Caller,
  content: JsonObject,
): EventId {
  const room = world.rooms.whereJoined(request.param('roomId'), caller.userId);
  const type = request.param('eventType');
  checkCanonical(content, request.body);
  if (type === 'm.room.message') checkMessage(content);
  const event: NewEvent = {
    type,
    sender: caller.userId,
    content,
    ...transactionOf(request, caller),
  };
  if (request.body.length > surelyFitsBytes || type.length > typeCharsSurelyFit) {
    checkEventSize(room, event);
  }
  checkPowerToSend(room, caller.userId, type, undefined);
  world.rateLimit.take(caller.userId);
  return world.rooms.append(room, event);
}

function redactEvent(
  world: World,
  request: FakeRequest,
  caller: Caller,
  content: JsonObject,
): EventId {
  const room = world.rooms.whereJoined(request.param('roomId'), caller.userId);
  const redacts = request.param('eventId');
  checkCanonical(content, request.body);
  checkPowerToRedact(room, caller, redacts);
  world.rateLimit.take(caller.userId);
  return world.rooms.append(room, {
    type: 'm.room.redaction',
    sender: caller.userId,
    content: room.hasNewRedactions ? { ...content, redacts } : content,
    redacts,
    ...transactionOf(request, caller),
  });
}

/** One's own events may be redacted by anyone, others' by who has the power; an unknown one may be anybody's. */
function checkPowerToRedact(room: Room, caller: Caller, redacts: string): void {
  if (room.power(caller.userId) >= room.powerTo('redact')) return;
  const event = room.event(redacts);
  if (event === undefined) {
    throw new Refusal(404, 'M_NOT_FOUND', `Could not find event ${redacts}`);
  }
  if (event.sender !== caller.userId) {
    throw new Refusal(403, 'M_FORBIDDEN', "You don't have permission to redact events");
  }
}

function transactionOf(request: FakeRequest, caller: Caller): Pick<NewEvent, 'transaction'> {
  const txnId = request.param('txnId');
  return txnId === '' ? {} : { transaction: { txnId, deviceId: caller.deviceId } };
}
