import type { Role } from '../deployment/desired.ts';
import type { GuardPolicy } from './offboarding/guard.ts';
import type { OffboardingPolicy } from './offboarding/offboarding.ts';

/** How the people of a deployment are treated. */
export interface PeoplePolicy {
  readonly roles: ReadonlyMap<string, Role>;
  /** Of whoever is created without others. */
  readonly defaultRoles: readonly string[];
  /** What a promotion gives and a demotion takes. */
  readonly adminRoles: readonly string[];
  /**
   * `enforce`: what somebody changed by hand is set again. `once`: what was asked for is brought about once and then left
   * to the rooms' own life, so that people may leave rooms and moderators may act; who leaves the space leaves its rooms.
   * A revocation is always enforced.
   */
  readonly drift: 'enforce' | 'once';
  /** Undefined: the deployment has none. */
  readonly spaceKey: string | undefined;
  /** By room key, the ids of those whose levels the deployment file itself says. */
  readonly levelsOfFile: ReadonlyMap<string, ReadonlySet<string>>;
  readonly offboarding: OffboardingPolicy;
  readonly guard: GuardPolicy;
}
