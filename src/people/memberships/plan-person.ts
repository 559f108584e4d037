import type { RoomPeople } from '../../deployment/rooms/room-people.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import type { DesiredPerson, RoomWish } from './desired-person.ts';

/** What is known of where a person is. */
export interface ObservedPerson {
  readonly userId: UserId;
  /** Whether just this was brought about before. */
  readonly isApplied: boolean;
  /** Whether what it has beside what is wanted was given before anybody spoke of it here, and is not to be taken. */
  readonly keepsMore: boolean;
  /** The rooms that are there, by key. */
  readonly rooms: ReadonlyMap<string, RoomPeople>;
}

export type PersonStep =
  | { readonly kind: 'level'; readonly room: RoomPeople; readonly level: number | undefined }
  | { readonly kind: 'join' | 'kick'; readonly room: RoomPeople };

export interface PersonPlan {
  /** Levels first: whoever is as strong as the bot cannot be put out. */
  readonly steps: readonly PersonStep[];
  /** What no step mends, with the way out. */
  readonly findings: readonly string[];
  /** Keys of rooms that are not there, or were not read, and that the person has to do with. */
  readonly missing: readonly string[];
}

/** The steps from what is to what is to be. */
export function planPerson(
  desired: DesiredPerson,
  observed: ObservedPerson,
  { drift, spaceKey }: Pick<PeoplePolicy, 'drift' | 'spaceKey'>,
): PersonPlan {
  const { userId, isApplied, keepsMore, rooms } = observed;
  const isLeftAlone = isApplied && drift === 'once' && !desired.isRevoked;
  const inForce = (wish: RoomWish, room: RoomPeople): RoomWish => {
    if (keepsMore && drift === 'once') return withoutTaking(wish);
    if (!isLeftAlone) return wish;
    if (hasLeftTheSpace(desired, observed, spaceKey)) return leave;
    return room.memberships.has(userId) ? unchanged : wish;
  };
  const parts = [...desired.rooms].map(([key, wish]) => {
    const room = rooms.get(key);
    return room === undefined ? missing(key, wish) : planIn(room, userId, inForce(wish, room));
  });
  const steps = parts.flatMap((part) => part.steps);
  return {
    steps: [...steps.filter(isLevel), ...steps.filter((step) => !isLevel(step))],
    findings: parts.flatMap(({ findings }) => findings),
    missing: parts.flatMap((part) => part.missing),
  };
}

const isLevel = ({ kind }: PersonStep): boolean => kind === 'level';

const missing = (key: string, { membership, level }: RoomWish): PersonPlan => ({
  steps: [],
  findings: [],
  missing: membership === undefined && level === undefined ? [] : [key],
});

const leave: RoomWish = { membership: 'leave', level: undefined };
const unchanged: RoomWish = { membership: undefined, level: undefined };

const withoutTaking = ({ membership, level }: RoomWish): RoomWish => ({
  membership: membership === 'leave' ? undefined : membership,
  level: level === 'none' ? undefined : level,
});

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

function planIn(room: RoomPeople, userId: UserId, wish: RoomWish): PersonPlan {
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
