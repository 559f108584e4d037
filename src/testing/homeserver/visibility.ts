import type { FakeEvent, Room } from './room.ts';
import type { World } from './world.ts';

/**
 * An event as a user may see it, by the history visibility and the membership at its time, client-server API §11.9;
 * undefined: not at all. What an erased user said is empty for those who were not there.
 */
export function showTo(
  world: World,
  room: Room,
  userId: string,
): (event: FakeEvent) => FakeEvent | undefined {
  const hasErased = world.users.all().some(({ erased }) => erased);
  // Most rooms share their history from the start; those are not looked through.
  const isPlain = room.membership(userId) === 'join' && !room.hidesHistory && !hasErased;
  if (isPlain) return (event) => event;
  const { hidden, outside } = lookThrough(room, userId);
  return (event) => {
    if (hidden.has(event.event_id)) return undefined;
    const isErased = world.users.get(event.sender)?.erased === true;
    const isEmptied = isErased && event.state_key === undefined && outside.has(event.event_id);
    return isEmptied ? { ...event, content: {} } : event;
  };
}

/** Ids of the events that the user may not see, and of those from when the user was no member. */
function lookThrough(
  room: Room,
  userId: string,
): { readonly hidden: ReadonlySet<string>; readonly outside: ReadonlySet<string> } {
  const [hidden, outside] = [new Set<string>(), new Set<string>()];
  let visibility: unknown = 'shared';
  let membership: unknown;
  for (const event of room.timeline) {
    const before = membership;
    const isOwn = event.type === 'm.room.member' && event.state_key === userId;
    if (isOwn) membership = event.content['membership'];
    if (event.type === 'm.room.history_visibility')
      visibility = event.content['history_visibility'];
    if (membership === 'join' || before === 'join') continue;
    outside.add(event.event_id);
    if (isOwn || isOpen(room, userId, event, visibility, membership)) continue;
    hidden.add(event.event_id);
  }
  return { hidden, outside };
}

/** Whether who is no member at the time may see an event all the same. */
function isOpen(
  room: Room,
  userId: string,
  event: FakeEvent,
  visibility: unknown,
  membership: unknown,
): boolean {
  if (visibility === 'shared') return event.position <= (room.lastJoined.get(userId) ?? 0);
  return visibility === 'world_readable' || (visibility === 'invited' && membership === 'invite');
}
