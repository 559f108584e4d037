import type { Offboarding } from './offboarding/offboarding.ts';

/** `unstated`: it was never said whether this person is to be there, only what else is true of it. */
export type Standing = 'unstated' | 'active' | 'revoked';

/**
 * How far the last change has come. `waiting`: there is no such account yet. `failed`: it is tried again, `detail` says
 * what is in the way. `held`: a revocation waits to be approved.
 */
export type PersonState = 'pending' | 'applied' | 'waiting' | 'failed' | 'held';

/** What was asked for a person, all changes so far taken together. */
export interface PersonWish {
  /** The localpart of its account. */
  readonly personId: string;
  /** As its last caller wrote it. */
  readonly name: string;
  readonly standing: Standing;
  /** All roles that were named; undefined: the default ones. */
  readonly roles: readonly string[] | undefined;
  /** What was said since then of its being an administrator. */
  readonly rank: 'promoted' | 'demoted' | undefined;
  readonly displayName: string | undefined;
  readonly externalId: { readonly provider: string; readonly externalId: string } | undefined;
  /** Who asked last, and when, in wall-clock milliseconds. */
  readonly source: string;
  readonly at: number;
  /** Who last said whether this person is to be there, or as what: a new display name decides nothing. */
  readonly decidedBy: string;
  /** Grows with each change. */
  readonly revision: number;
  /** The revision of the last change of standing, roles or rank; saying again what is so already is none. */
  readonly standingRevision: number;
  /** The revision of the last creation; 0: there was none. */
  readonly createdRevision: number;
  /** The revision of the revocation that is in force. */
  readonly revokedRevision: number;
  readonly revokedAt: number;
  /** The revocation came from a directory and passes the guard. */
  readonly isGuarded: boolean;
  /** An operator lets the revocation go on. */
  readonly isApproved: boolean;
}

/** What an account had beside what is wanted of a person who was only ever let in here, without a word on what else it is. */
export interface KeptRights {
  readonly userId: string;
  /** Keys of the rooms where it still has that, and where nothing is taken. */
  readonly rooms: readonly string[];
}

/** What was done about it. */
export interface PersonProgress {
  readonly state: PersonState;
  /** What is in the way, and the way out. */
  readonly detail: string | undefined;
  /** When the state began, in wall-clock milliseconds. */
  readonly at: number;
  /** The account, once it was found. */
  readonly userId: string | undefined;
  /** Names what was applied in full last; see `PersonWork.version`. */
  readonly applied: string | undefined;
  /** The display name that was brought about last; what the person calls itself afterwards stands. */
  readonly displayName: string | undefined;
  /** The creation that was last followed. */
  readonly createdRevision: number;
  /** What the account had before anybody spoke of it here; undefined: nobody has looked yet. */
  readonly kept: KeptRights | undefined;
  /** Of the last revocation, until it is taken back. */
  readonly offboarding: Offboarding | undefined;
}

/** A person in the ledger. */
export interface PersonRecord {
  readonly wish: PersonWish;
  readonly progress: PersonProgress;
}
