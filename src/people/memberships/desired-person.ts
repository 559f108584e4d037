import { createHash } from 'node:crypto';
import type { PeoplePolicy } from '../people-policy.ts';
import type { PersonWish } from '../person-record.ts';

/** What a person is to be to a room; undefined: whatever it is. */
export interface RoomWish {
  readonly membership: 'join' | 'leave' | undefined;
  /** `none`: no level of its own. */
  readonly level: number | 'none' | undefined;
}

/** What a person is to be. */
export interface DesiredPerson {
  readonly personId: string;
  readonly isRevoked: boolean;
  /** In force, by name. */
  readonly roles: readonly string[];
  /** By key; the space first. */
  readonly rooms: ReadonlyMap<string, RoomWish>;
  /** Those in force that the deployment no longer has: what they gave is not known any more. */
  readonly unknownRoles: readonly string[];
  readonly displayName: string | undefined;
  /** Another one for every other standing in the rooms, and for one that came again after another. */
  readonly version: string;
}

/** A digest of this many characters is enough to tell one wish of a person from the one before. */
const digestLength = 12;

/** What a wish means in a deployment with these rooms. */
export function desiredPerson(
  wish: PersonWish,
  roomKeys: readonly string[],
  policy: PeoplePolicy,
): DesiredPerson {
  const roles = rolesOf(wish, policy);
  const rooms = new Map(roomKeys.map((key) => [key, roomWish(wish, roles, key, policy)]));
  const { personId, displayName, standing, standingRevision } = wish;
  const text = JSON.stringify([governed(rooms), standing]);
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, digestLength);
  return {
    personId,
    isRevoked: standing === 'revoked',
    roles,
    rooms,
    unknownRoles: roles.filter((role) => !policy.roles.has(role)),
    displayName,
    version: `${standingRevision}-${digest}`,
  };
}

/** What is wanted in rooms, by key: neither another order nor a room that no role is about changes anybody's standing. */
function governed(rooms: ReadonlyMap<string, RoomWish>): [string, RoomWish][] {
  return [...rooms]
    .filter(([, { membership, level }]) => membership !== undefined || level !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** The roles in force. */
export function rolesOf(
  { standing, roles, rank }: PersonWish,
  { defaultRoles, adminRoles }: Pick<PeoplePolicy, 'defaultRoles' | 'adminRoles'>,
): readonly string[] {
  if (standing === 'revoked') return [];
  const named = roles ?? (standing === 'active' ? defaultRoles : []);
  if (rank === 'promoted') return [...new Set([...named, ...adminRoles])];
  return rank === 'demoted' ? named.filter((role) => !adminRoles.includes(role)) : named;
}

function roomWish(
  wish: PersonWish,
  roles: readonly string[],
  key: string,
  policy: PeoplePolicy,
): RoomWish {
  const { standing, rank, personId } = wish;
  // Two hands on one level would take it from one another for ever.
  const isOfFile = policy.levelsOfFile.get(key)?.has(personId) === true;
  const none = isOfFile ? undefined : 'none';
  if (standing === 'revoked') return { membership: 'leave', level: none };
  const levels = roles.flatMap((name) => {
    const role = policy.roles.get(name);
    return role?.rooms.includes(key) === true ? [role.level] : [];
  });
  if (levels.length > 0) {
    const level = Math.max(...levels);
    return { membership: 'join', level: isOfFile || level === 0 ? none : level };
  }
  const governing = [...policy.roles].filter(([, role]) => role.rooms.includes(key));
  if (governing.length === 0) return { membership: undefined, level: undefined };
  if (standing === 'active') return { membership: 'leave', level: none };
  if (rank !== 'demoted') return { membership: undefined, level: undefined };
  const isOfAdmins = governing.every(([name]) => policy.adminRoles.includes(name));
  return { membership: isOfAdmins ? 'leave' : undefined, level: none };
}
