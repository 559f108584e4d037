import { viewEvent } from '../event-view.ts';
import { ok, Refusal, type Reply } from '../reply.ts';
import type { Room } from '../room.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import { parseFilter, readEventFilter } from '../sync-filter.ts';
import type { Caller } from '../users.ts';
import { showTo } from '../visibility.ts';
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
    const isBarred = membership === 'invite' || where?.forgotten.has(caller.userId) === true;
    const shown =
      where === undefined || event === undefined || isBarred
        ? undefined
        : showTo(world, where, caller.userId)(event);
    if (shown === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'Event not found.');
    return ok(viewEvent(shown, caller, world.clock.now()));
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
  const show = showTo(world, where, caller.userId);
  const wanted = readEventFilter(parseFilter(request.query.get('filter') ?? '{}'));
  return ok({
    chunk: events.filter(wanted).flatMap((event) => {
      const shown = show(event);
      return shown === undefined ? [] : [viewEvent(shown, caller, nowMs)];
    }),
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
  const match = /^([ts])(\d+)(?:_\d+)?$/.exec(token);
  if (match === null) throw new Refusal(400, 'M_UNKNOWN', "'from' parameter is invalid");
  const number = Number(match[2]);
  if (match[1] === 't') return Math.min(number, where.timeline.length);
  const place = where.timeline.findIndex((event) => event.position > number);
  return place < 0 ? where.timeline.length : place;
}
