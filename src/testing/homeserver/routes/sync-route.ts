import type { UserId } from '../../../matrix/ids.ts';
import { viewEvent } from '../event-view.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import type { FakeEvent, Room } from '../room.ts';
import { authenticated, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

/** Synapse's timeline limit when the filter names none. */
const timelineEventsMax = 10;
/** No client waits longer than this for news. */
const timeoutMsMax = 300_000;

/** Sync, client-server API §6.4: rooms, invitations and departures since a token; filters are not read. */
export const syncRoute: Route = authenticated(
  'sync',
  'GET',
  '/_matrix/client/v3/sync',
  async (world, request, caller, gone) => {
    const since = readSince(request.query.get('since'));
    const timeoutMs = Number(request.query.get('timeout') ?? 0);
    if (since !== undefined && timeoutMs > 0 && !hasNews(world, caller.userId, since)) {
      await news(world, caller.userId, Math.min(timeoutMs, timeoutMsMax), gone());
    }
    return ok({
      next_batch: `s${world.rooms.position}`,
      rooms: roomsSince(world, caller, since),
      device_one_time_keys_count: { signed_curve25519: 0 },
      device_unused_fallback_key_types: [],
    });
  },
);

function readSince(token: string | null): number | undefined {
  if (token === null) return undefined;
  if (!/^s\d+$/.test(token)) throw new Refusal(400, 'M_UNKNOWN', 'Invalid stream token');
  return Number(token.slice(1));
}

function concerns(room: Room, userId: UserId, event: FakeEvent): boolean {
  return room.membership(userId) === 'join' || event.state_key === userId;
}

function hasNews(world: World, userId: UserId, since: number): boolean {
  return world.rooms.all().some((room) => {
    const newest = room.timeline.at(-1);
    if (newest === undefined || newest.position <= since) return false;
    const own = room.state('m.room.member', userId);
    return concerns(room, userId, newest) || (own?.position ?? 0) > since;
  });
}

/** Resolves with the next event that concerns the user, after `timeoutMs`, or when nobody waits any more. */
function news(world: World, userId: UserId, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = world.clock.after(timeoutMs, done);
    const unsubscribe = world.rooms.onEvent((event) => {
      const room = world.rooms.get(event.room_id);
      if (room !== undefined && concerns(room, userId, event)) done();
    });
    signal.addEventListener('abort', done);
  });
}

type Section = 'join' | 'invite' | 'leave';

/** A first sync has no token, and leaves out where the user is no more. */
function roomsSince(
  world: World,
  caller: Caller,
  token: number | undefined,
): Record<Section, Record<string, JsonObject>> {
  const rooms: Record<Section, Record<string, JsonObject>> = { join: {}, invite: {}, leave: {} };
  for (const room of world.rooms.all()) {
    const own = room.state('m.room.member', caller.userId);
    if (own === undefined) continue;
    const section = sectionOf(own);
    if (section === 'leave' && token === undefined) continue;
    const view = viewRoom(world, room, caller, own, token ?? 0);
    if (view !== undefined) rooms[section][room.roomId] = view;
  }
  return rooms;
}

function sectionOf(own: FakeEvent): Section {
  const membership = own.content['membership'];
  return membership === 'join' || membership === 'invite' ? membership : 'leave';
}

function viewRoom(
  world: World,
  room: Room,
  caller: Caller,
  own: FakeEvent,
  since: number,
): JsonObject | undefined {
  const changed = own.position > since;
  const section = sectionOf(own);
  if (section === 'join') return viewJoined(world, room, caller, changed ? 0 : since);
  if (!changed) return undefined;
  if (section === 'invite') return { invite_state: { events: strippedState(room, own) } };
  const events = [viewEvent(own, caller, world.clock.now())];
  return { timeline: { events, limited: false }, state: { events: [] } };
}

function viewJoined(
  world: World,
  room: Room,
  caller: Caller,
  since: number,
): JsonObject | undefined {
  const first = room.timeline.findIndex((event) => event.position > since);
  if (first < 0) return undefined;
  const from = Math.max(first, room.timeline.length - timelineEventsMax);
  const startsAt = room.timeline[from]?.position ?? 0;
  const nowMs = world.clock.now();
  const view = (event: FakeEvent) => viewEvent(event, caller, nowMs);
  const before = room
    .allState()
    .filter((event) => event.position > since && event.position < startsAt);
  return {
    timeline: {
      events: room.timeline.slice(from).map(view),
      limited: from > first,
      prev_batch: `t${from}`,
    },
    state: { events: before.map(view) },
    ephemeral: { events: [] },
    account_data: { events: [] },
    unread_notifications: { notification_count: 0, highlight_count: 0 },
  };
}

/** What an invited user may see, client-server API §11.4.1. */
function strippedState(room: Room, own: FakeEvent): readonly JsonObject[] {
  const types = ['m.room.create', 'm.room.join_rules', 'm.room.name', 'm.room.encryption'];
  const shown = types.map((type) => room.state(type, '')).filter((event) => event !== undefined);
  return [...shown, own].map(({ type, sender, state_key, content }) => ({
    type,
    sender,
    state_key,
    content,
  }));
}
