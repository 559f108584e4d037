import { parseUserId, type RoomId, type UserId } from '../../matrix/ids.ts';
import { objectOf } from '../../matrix/json.ts';
import type { Membership } from '../../matrix/membership.ts';
import type { StateEvent } from '../../matrix/state-event.ts';
import { RoomView } from '../observed/room-view.ts';

/** Who is in a room and may do how much, at the moment it was read. */
export interface RoomPeople {
  /** The room's key in the file. */
  readonly key: string;
  readonly roomId: RoomId;
  readonly roomVersion: string;
  /** Of everybody who ever was here. */
  readonly memberships: ReadonlyMap<UserId, Membership>;
  /** Of those who have a level of their own. */
  readonly levels: ReadonlyMap<UserId, number>;
  /** `Infinity` for creators of rooms of version 12 and later. */
  levelOf(userId: UserId): number;
  /** The power it takes to `kick`, `ban` or `invite`. */
  levelTo(act: RoomAct): number;
}

export type RoomAct = 'kick' | 'ban' | 'invite';

/** What the specification gives where a room says nothing ("m.room.power_levels"). */
const levelsWithout: Readonly<Record<RoomAct, number>> = { kick: 50, ban: 50, invite: 0 };

/** The people of a room, from its whole state. */
export function roomPeople(key: string, roomId: RoomId, events: readonly StateEvent[]): RoomPeople {
  const view = new RoomView(roomId, events);
  const levels = new Map<UserId, number>();
  for (const [name, level] of Object.entries(objectOf(view.powerLevels?.['users']) ?? {})) {
    const userId = parseUserId(name);
    if (userId !== undefined && Number.isFinite(Number(level))) levels.set(userId, Number(level));
  }
  return {
    key,
    roomId,
    roomVersion: view.version,
    memberships: view.memberships,
    levels,
    levelOf: (userId) => view.powerOf(userId),
    levelTo: (act) => Number(view.powerLevels?.[act] ?? levelsWithout[act]),
  };
}
