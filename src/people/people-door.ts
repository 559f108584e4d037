import type { PersonChange, PersonExternalId } from './lifecycle-change.ts';
import type { Offboarding } from './offboarding/offboarding.ts';
import type { AuditEntry } from './people-ledger.ts';
import type { PersonState, Standing } from './person-record.ts';

/** That a change was written down. */
export interface Recorded {
  readonly personId: string;
  /** Grows with each change of the person. */
  readonly revision: number;
  readonly standing: Standing;
}

/** A person, for people to read. */
export interface PersonView {
  /** The localpart of its account. */
  readonly personId: string;
  /** As its last caller wrote it. */
  readonly name: string;
  readonly standing: Standing;
  /** In force. */
  readonly roles: readonly string[];
  readonly displayName: string | undefined;
  readonly externalId: PersonExternalId | undefined;
  /** Who asked last, and when, in wall-clock milliseconds. */
  readonly source: string;
  readonly changedAt: number;
  readonly revision: number;
  readonly state: PersonState;
  /** What is in the way, and the way out. */
  readonly detail: string | undefined;
  readonly stateAt: number;
  readonly userId: string | undefined;
  /** What was done so far to let a revoked person go. */
  readonly offboarding: Offboarding | undefined;
}

/** Where callers ask about people. */
export interface PeopleReader {
  /** By name, as a caller writes it, or by id. Undefined: nothing was ever said of such a person. */
  show(name: string): Promise<PersonView | undefined>;
  /** At most 10,000, in the order of their ids. */
  list(query: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly state?: PersonState | undefined;
  }): Promise<PersonView[]>;
  /** A person's lines of the audit log, newest first. */
  history(name: string, limit: number): Promise<AuditEntry[]>;
}

/** Where callers say what happened to people, and ask. */
export interface PeopleDoor extends PeopleReader {
  /**
   * Writes a change down; it is durable when this resolves, and brought about later.
   * @throws Failure bad_input for a name that is reserved or can have no account, or a role that is none; people_full,
   * storage_full, storage_failed or storage_busy when it could not be written.
   */
  change(change: PersonChange): Promise<Recorded>;
  /** Lets a held revocation go on; false: none of this person is held. */
  approve(name: string, by: string): Promise<boolean>;
}
