import type { RoomPeople } from '../../deployment/rooms/room-people.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import type { DesiredPerson, RoomWish } from './desired-person.ts';

/** Keys of rooms where nothing is taken; `all`: what somebody has anywhere was given before anybody spoke of it here. */
export type KeptRooms = ReadonlySet<string> | 'all';

/** What is known of where a person is. */
export interface ObservedPerson {
  readonly userId: UserId;
  /** Whether just this was brought about before. */
  readonly isApplied: boolean;
  /** Where it keeps what it has beside what is wanted, unless the file enforces what it says. */
  readonly kept: KeptRooms;
  /** The rooms that are there, by key. */
  readonly rooms: ReadonlyMap<string, RoomPeople>;
}

export type PersonStep =
  | { readonly kind: 'level'; readonly room: RoomPeople; readonly level: number | undefined }
  | { readonly kind: 'join' | 'kick'; readonly room: RoomPeople };

type PlanPolicy = Pick<PeoplePolicy, 'drift' | 'spaceKey' | 'levelsOfFile'>;

/** What is to be done for a person in a room. */
interface RoomPlan {
  /** Levels first: whoever is as strong as the bot cannot be put out. */
  readonly steps: readonly PersonStep[];
  /** What no step mends, with the way out. */
  readonly findings: readonly string[];
  /** Keys of rooms that are not there, or were not read, and that the person has to do with. */
  readonly missing: readonly string[];
}

/** What is to be done for a person. */
export interface PersonPlan extends RoomPlan {
  /** Keys of those of `kept` where it has something beside what is wanted; also one that is not there now. */
  readonly kept: readonly string[];
}

/** The steps from what is to what is to be. */
export function planPerson(
  desired: DesiredPerson,
  observed: ObservedPerson,
  { drift, spaceKey, levelsOfFile }: PlanPolicy,
): PersonPlan {
  const { userId, isApplied, rooms } = observed;
  const kept = drift === 'once' ? observed.kept : new Set<string>();
  const isLeftAlone = isApplied && drift === 'once' && !desired.isRevoked;
  const inForce = (wish: RoomWish, room: RoomPeople): RoomWish => {
    if (isLeftAlone) {
      if (hasLeftTheSpace(desired, observed, spaceKey)) return leave;
      if (room.memberships.has(userId)) return unchanged;
    }
    return isKept(kept, room.key) ? withoutTaking(wish, ownLevel(room, userId)) : wish;
  };
  const parts = [...desired.rooms].map(([key, wish]) => {
    const room = rooms.get(key);
    return room === undefined ? missing(key, wish) : planIn(room, userId, inForce(wish, room));
  });
  const stillKept = [...desired.rooms].filter(([key, wish]) => {
    const room = rooms.get(key);
    if (!isKept(kept, key)) return false;
    if (room === undefined) return kept !== 'all';
    const isOfFile = levelsOfFile.get(key)?.has(desired.personId) === true;
    return hasMore(room, userId, isOfFile ? { ...wish, level: ownLevel(room, userId) } : wish);
  });
  const steps = parts.flatMap((part) => part.steps);
  return {
    steps: [...steps.filter(isLevel), ...steps.filter((step) => !isLevel(step))],
    findings: parts.flatMap(({ findings }) => findings),
    missing: parts.flatMap((part) => part.missing),
    kept: stillKept.map(([key]) => key),
  };
}

const isLevel = ({ kind }: PersonStep): boolean => kind === 'level';

const missing = (key: string, { membership, level }: RoomWish): RoomPlan => ({
  steps: [],
  findings: [],
  missing: membership === undefined && level === undefined ? [] : [key],
});

const leave: RoomWish = { membership: 'leave', level: undefined };
const unchanged: RoomWish = { membership: undefined, level: undefined };

const isKept = (kept: KeptRooms, key: string): boolean => kept === 'all' || kept.has(key);

/** Undefined: none of its own. Creators stand above all levels. */
function ownLevel(room: RoomPeople, userId: UserId): number | undefined {
  const level = room.levelOf(userId);
  return level === Number.POSITIVE_INFINITY ? level : room.levels.get(userId);
}

function withoutTaking({ membership, level }: RoomWish, own: number | undefined): RoomWish {
  const takes = level === 'none' || (level !== undefined && own !== undefined && own > level);
  return {
    membership: membership === 'leave' ? undefined : membership,
    level: takes ? undefined : level,
  };
}

/** In a room that no role is about only a level is something: anybody may be there. */
function hasMore(room: RoomPeople, userId: UserId, { membership, level }: RoomWish): boolean {
  const own = ownLevel(room, userId);
  const isAbove = own !== undefined && (typeof level !== 'number' || own > level);
  const isToLeave = membership === 'leave' && membershipStep(room, userId, 'leave') !== undefined;
  return isAbove || isToLeave;
}

/** Whoever leaves the space, or is banned from it, leaves the rooms in it. */
function hasLeftTheSpace(
  desired: DesiredPerson,
  { rooms, userId }: ObservedPerson,
  spaceKey: string | undefined,
): boolean {
  if (spaceKey === undefined || desired.rooms.get(spaceKey)?.membership !== 'join') return false;
  const membership = rooms.get(spaceKey)?.memberships.get(userId);
  return membership === 'leave' || membership === 'ban';
}

function planIn(room: RoomPeople, userId: UserId, wish: RoomWish): RoomPlan {
  const step = membershipStep(room, userId, wish.membership);
  return {
    steps: [...levelSteps(room, userId, wish.level), ...(step === undefined ? [] : [step])],
    findings: [...keptOut(room, userId, wish), ...tooStrong(room, userId, wish)],
    missing: [],
  };
}

function keptOut(room: RoomPeople, userId: UserId, { membership }: RoomWish): string[] {
  const isBanned = membership === 'join' && room.memberships.get(userId) === 'ban';
  return isBanned ? [`Banned from ${room.key}; lift the ban there.`] : [];
}

/** Nobody can take from creators of rooms of version 12 and later what no level gives them. */
function tooStrong(room: RoomPeople, userId: UserId, { level }: RoomWish): string[] {
  const isCreator = room.levelOf(userId) === Number.POSITIVE_INFINITY;
  return isCreator && level === 'none'
    ? [`${room.key}: ${userId} made the room and stands above all levels; have another room made.`]
    : [];
}

function levelSteps(room: RoomPeople, userId: UserId, wanted: RoomWish['level']): PersonStep[] {
  // A creator stands above all levels for ever.
  if (wanted === undefined || room.levelOf(userId) === Number.POSITIVE_INFINITY) return [];
  const level = wanted === 'none' ? undefined : wanted;
  return room.levels.get(userId) === level ? [] : [{ kind: 'level', room, level }];
}

function membershipStep(
  room: RoomPeople,
  userId: UserId,
  wanted: RoomWish['membership'],
): PersonStep | undefined {
  const membership = room.memberships.get(userId) ?? 'leave';
  if (wanted === undefined || membership === 'ban' || membership === wanted) return undefined;
  return { kind: wanted === 'join' ? 'join' : 'kick', room };
}
