import type { LifecycleChange } from './lifecycle-change.ts';
import type { PersonProgress, PersonRecord, PersonState } from './person-record.ts';

/** A page of people, in the order of their ids. */
export interface PeoplePage {
  /** The id that the page begins behind. */
  readonly after?: string | undefined;
  /** At most 10,000. */
  readonly limit: number;
  readonly state?: PersonState | undefined;
}

/** What became of a person's change. */
export interface PersonResult {
  readonly personId: string;
  /** The revision it is about; if another change came meanwhile, the person stays `pending`. */
  readonly revision: number;
  readonly progress: PersonProgress;
  /** What to tell the audit log. */
  readonly deeds: readonly Deed[];
}

/** Something that was done, or could not be. */
export interface Deed {
  /** When, in wall-clock milliseconds. */
  readonly at: number;
  readonly what: string;
  readonly result: string;
}

/** A line of the audit log. */
export interface AuditEntry {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly personId: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | undefined;
  readonly result: string;
}

/**
 * What was asked for people and what became of it. Every promise resolves after the fsync; rejected ones wrote nothing.
 * @throws Failure storage_full, storage_failed or storage_busy.
 */
export interface PeopleLedger {
  /**
   * Writes a change down, as `mergeChange` says, with a line of the audit log.
   * @throws Failure people_full for one person too many.
   */
  record(change: LifecycleChange): Promise<PersonRecord>;
  /**
   * Writes changes down in their order, as `record` does: all of them, or none.
   * @throws Failure people_full for one person too many.
   */
  recordAll(changes: readonly LifecycleChange[]): Promise<void>;
  person(personId: string): Promise<PersonRecord | undefined>;
  people(page: PeoplePage): Promise<PersonRecord[]>;
  /** As `mergeResult` says; each deed becomes a line of the audit log. Whom nobody knows is left out. */
  recordResults(results: readonly PersonResult[]): Promise<void>;
  /** Lets a held revocation go on; false: there is none of this person. */
  approve(personId: string, by: string, at: number): Promise<boolean>;
  /** A person's lines of the audit log, newest first; at most 10,000. */
  history(personId: string, limit: number): Promise<AuditEntry[]>;
  /** Deletes lines of the audit log from before `before`, oldest first; how many. */
  purgeHistory(before: number, limit: number): Promise<number>;
}
