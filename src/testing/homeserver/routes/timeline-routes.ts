import { viewEvent } from '../event-view.ts';
import { isObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import type { FakeEvent, Room } from '../room.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const room = '/_matrix/client/v3/rooms/{roomId}';

/** Synapse's default and its largest page. */
const limitDefault = 10;
const limitMax = 1000;

/** Reading back, client-server API §6.4. */
export const timelineRoutes: readonly Route[] = [
  authenticated('getOneRoomEvent', 'GET', `${room}/event/{eventId}`, (world, request, caller) => {
    const where = world.rooms.get(request.param('roomId'));
    const event = where?.event(request.param('eventId'));
    const membership = where?.membership(caller.userId) ?? 'invite';
    if (event === undefined || membership === 'invite') {
      throw new Refusal(404, 'M_NOT_FOUND', 'Event not found.');
    }
    return ok(viewEvent(event, caller, world.clock.now()));
  }),
  authenticated('getRoomEvents', 'GET', `${room}/messages`, getMessages),
];

/** Tokens are `t` and a number of events from the room's start. */
function getMessages(world: World, request: FakeRequest, caller: Caller): Reply {
  const where = world.rooms.whereReadable(request.param('roomId'), caller.userId);
  const dir = request.query.get('dir') ?? 'f';
  if (dir !== 'b' && dir !== 'f') {
    throw new Refusal(400, 'M_INVALID_PARAM', "Query parameter 'dir' must be one of ['b', 'f']");
  }
  const limit = readLimit(request.query.get('limit'));
  const start =
    readFrom(where, request.query.get('from')) ?? (dir === 'b' ? where.timeline.length : 0);
  const end =
    dir === 'b' ? Math.max(0, start - limit) : Math.min(where.timeline.length, start + limit);
  const events = where.timeline.slice(Math.min(start, end), Math.max(start, end));
  if (dir === 'b') events.reverse();
  const nowMs = world.clock.now();
  const wanted = readFilter(request.query.get('filter'));
  return ok({
    chunk: events.filter(wanted).map((event) => viewEvent(event, caller, nowMs)),
    start: `t${start}`,
    // Synapse leaves `end` out only once it found nothing more.
    ...(events.length === 0 ? {} : { end: `t${end}` }),
  });
}

function readLimit(text: string | null): number {
  const limit = text === null ? limitDefault : Number(text);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new Refusal(400, 'M_INVALID_PARAM', 'Query parameter limit must be an integer');
  }
  return Math.min(limit, limitMax);
}

/** A place in the room's timeline, from a token of its own or of a sync. */
function readFrom(where: Room, token: string | null): number | undefined {
  if (token === null) return undefined;
  const match = /^([ts])(\d+)$/.exec(token);
  if (match === null) throw new Refusal(400, 'M_UNKNOWN', "'from' parameter is invalid");
  const number = Number(match[2]);
  if (match[1] === 't') return Math.min(number, where.timeline.length);
  const place = where.timeline.findIndex((event) => event.position > number);
  return place < 0 ? where.timeline.length : place;
}

/** Of a RoomEventFilter, client-server API §6.3, the parts `types`, `senders` and their opposites. */
function readFilter(text: string | null): (event: FakeEvent) => boolean {
  const filter = text === null ? {} : parseFilter(text);
  const types = listOf(filter['types']);
  const senders = listOf(filter['senders']);
  const notTypes = listOf(filter['not_types']) ?? [];
  const notSenders = listOf(filter['not_senders']) ?? [];
  return ({ type, sender }) =>
    (types?.includes(type) ?? true) &&
    (senders?.includes(sender) ?? true) &&
    !notTypes.includes(type) &&
    !notSenders.includes(sender);
}

function parseFilter(text: string): JsonObject {
  try {
    const filter: unknown = JSON.parse(text);
    return isObject(filter) ? filter : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) throw badFilter(cause);
    throw cause;
  }
}

const badFilter = (cause: SyntaxError): Refusal =>
  new Refusal(400, 'M_UNKNOWN', 'Invalid filter JSON.', { cause });

const listOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : undefined;
