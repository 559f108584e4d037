import type { UserId } from '../../matrix/ids.ts';
import type { SyncedRooms } from './sync-rooms.ts';
import type { Caller } from './users.ts';
import type { World } from './world.ts';

/** Whose keys a client must ask for again, and whose it need not follow any more, client-server API §10.12. */
export interface DeviceListNews {
  readonly changed: readonly UserId[];
  readonly left: readonly UserId[];
}

/**
 * Works out the lists as Synapse does: from changes of keys among those who share a room with the caller, and from the
 * members that the sync's rooms show; so a filter that hides members hides them from these lists too.
 */
export function syncDeviceLists(
  world: World,
  caller: Caller,
  since: number,
  rooms: SyncedRooms,
): DeviceListNews {
  const sharing = sharedWith(world, caller.userId);
  const withChanges = [...world.deviceLists.changedSince(since, caller.userId)];
  const newcomers = rooms.newlyJoined.flatMap((room) => room.joined());
  const changed = new Set<UserId>([
    ...withChanges.filter((userId) => userId === caller.userId || sharing.has(userId)),
    ...newcomers,
  ]);
  const left = new Set<UserId>(rooms.newlyLeft.flatMap((room) => room.joined()));
  followMembers(rooms.memberEvents, changed, left);
  const gone = [...left].filter((userId) => !sharing.has(userId));
  return { changed: [...changed].filter((userId) => !gone.includes(userId)), left: gone };
}

/** The last word of each member counts. */
function followMembers(
  events: SyncedRooms['memberEvents'],
  changed: Set<UserId>,
  left: Set<UserId>,
): void {
  for (const { state_key, content, prevContent } of events) {
    const userId = state_key as UserId;
    const membership = content['membership'];
    if (membership === 'join' || membership === 'invite') {
      changed.add(userId);
      left.delete(userId);
    } else if (prevContent?.['membership'] === 'join') {
      left.add(userId);
    }
  }
}

function sharedWith(world: World, userId: UserId): ReadonlySet<UserId> {
  const rooms = world.rooms.all().filter((room) => room.membership(userId) === 'join');
  return new Set(rooms.flatMap((room) => room.joined()));
}
