import type { UserId } from '../../matrix/ids.ts';
import { viewEvent } from './event-view.ts';
import type { JsonObject } from './reply.ts';
import type { FakeEvent, Room } from './room.ts';
import type { SyncFilter } from './sync-filter.ts';
import type { Caller } from './users.ts';
import { showTo } from './visibility.ts';
import type { World } from './world.ts';

type Section = 'join' | 'invite' | 'leave';

/** What a sync says about rooms, and what follows from it for the lists of devices. */
export interface SyncedRooms {
  /** By section and room id; a section without rooms is left out. */
  readonly sections: Readonly<Partial<Record<Section, Readonly<Record<string, JsonObject>>>>>;
  /** Members of rooms that the caller was in all along, as far as the filter shows them. */
  readonly memberEvents: readonly FakeEvent[];
  readonly newlyJoined: readonly Room[];
  readonly newlyLeft: readonly Room[];
}

interface Asked {
  readonly world: World;
  readonly caller: Caller;
  /** Place in the stream; undefined: a first sync, which leaves out where the user is no more. */
  readonly since: number | undefined;
  readonly filter: SyncFilter;
}

/** Collects the rooms with news for the caller since a place in the stream. */
export function syncRooms(asked: Asked): SyncedRooms {
  const synced: Collected = { sections: {}, memberEvents: [], newlyJoined: [], newlyLeft: [] };
  for (const room of asked.world.rooms.all()) {
    const own = room.state('m.room.member', asked.caller.userId);
    if (own === undefined || !asked.filter.passesRoom(room.roomId)) continue;
    const isNew = own.position > (asked.since ?? 0);
    const section = sectionOf(own);
    if (section !== 'join' && !isNew) continue;
    const view =
      section === 'join'
        ? collectJoined(asked, room, isNew, synced)
        : collectOther(asked, room, own, synced);
    if (view === undefined) continue;
    synced.sections[section] ??= {};
    synced.sections[section][room.roomId] = view;
  }
  return synced;
}

interface Collected extends SyncedRooms {
  readonly sections: Partial<Record<Section, Record<string, JsonObject>>>;
  readonly memberEvents: FakeEvent[];
  readonly newlyJoined: Room[];
  readonly newlyLeft: Room[];
}

function collectJoined(
  asked: Asked,
  room: Room,
  isNew: boolean,
  synced: Collected,
): JsonObject | undefined {
  if (isNew) synced.newlyJoined.push(room);
  const shown = showJoined(asked, room, isNew);
  if (shown !== undefined && !isNew) synced.memberEvents.push(...shown.events.filter(isMember));
  return shown?.view;
}

function collectOther(
  asked: Asked,
  room: Room,
  own: FakeEvent,
  synced: Collected,
): JsonObject | undefined {
  if (sectionOf(own) === 'invite') return { invite_state: { events: strippedState(room, own) } };
  if (asked.since === undefined) return undefined;
  if (own.prevContent?.['membership'] === 'join') synced.newlyLeft.push(room);
  const events = [viewEvent(own, asked.caller, asked.world.clock.now())];
  return { timeline: { events, limited: false }, state: { events: [] } };
}

const isMember = ({ type }: FakeEvent): boolean => type === 'm.room.member';

function sectionOf(own: FakeEvent): Section {
  const membership = own.content['membership'];
  return membership === 'join' || membership === 'invite' ? membership : 'leave';
}

function showJoined(
  { world, caller, since, filter }: Asked,
  room: Room,
  isNew: boolean,
): { readonly view: JsonObject; readonly events: readonly FakeEvent[] } | undefined {
  const base = isNew ? 0 : (since ?? 0);
  const first = room.timeline.findLastIndex((event) => event.position <= base) + 1;
  if (first >= room.timeline.length) return undefined;
  const show = showTo(world, room, caller.userId);
  const passing = room.timeline
    .slice(first)
    .filter(filter.timeline)
    .flatMap((event) => show(event) ?? []);
  const shown = passing.slice(Math.max(0, passing.length - filter.timelineEventsMax));
  const limited = shown.length < passing.length;
  const state = isNew || limited ? stateBefore(room, shown, base, filter, caller.userId) : [];
  if (shown.length === 0 && state.length === 0) return undefined;
  const nowMs = world.clock.now();
  const view = (event: FakeEvent) => viewEvent(event, caller, nowMs);
  const oldest = shown[0]?.event_id;
  const from = oldest === undefined ? room.timeline.length : room.placeOf(oldest);
  return {
    view: {
      timeline: { events: shown.map(view), limited, prev_batch: `t${from}` },
      state: { events: state.map(view) },
      ephemeral: { events: [] },
      account_data: { events: [] },
      unread_notifications: { notification_count: 0, highlight_count: 0 },
    },
    events: [...state, ...shown],
  };
}

/** State that the timeline does not tell: set after `base` and before the first event that is shown. */
function stateBefore(
  room: Room,
  shown: readonly FakeEvent[],
  base: number,
  filter: SyncFilter,
  userId: UserId,
): readonly FakeEvent[] {
  const end = shown[0]?.position ?? Number.POSITIVE_INFINITY;
  const speakers = new Set<string>([userId, ...shown.map(({ sender }) => sender)]);
  return room
    .allState()
    .filter(({ position }) => position > base && position < end)
    .filter(filter.state)
    .filter(
      (event) => !filter.lazyLoadMembers || !isMember(event) || speakers.has(event.state_key ?? ''),
    );
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
