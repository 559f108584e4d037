import type { DatabaseSync } from 'node:sqlite';
import { LaneClaims } from './lane-claims.ts';
import { Names } from './names.ts';
import { OwedPlaces } from './owed-places.ts';
import { Statements } from './statements.ts';
import type { FailureRecord } from './store-failure.ts';
import { Tally } from './tally.ts';

/** How many entries may be owed at once. */
export interface QueueLimits {
  readonly queued: number;
  readonly queuedPerSource: number;
}

/** One open database with what operations need of it. One transaction at a time. */
export class Connection {
  readonly db: DatabaseSync;
  readonly limits: QueueLimits;
  readonly statements: Statements;
  readonly names: Names;
  readonly tally: Tally;
  readonly owed: OwedPlaces;
  readonly claims: LaneClaims;
  /** Set before a batch: why nothing new is taken, as the write-ahead log is too large. */
  refusesNew: FailureRecord | undefined;
  /** The disk was full, and nothing was accepted since: what may be written later is not written now. */
  diskWasFull = false;
  #commits = 0;
  #nextSeq: number | undefined;

  constructor(db: DatabaseSync, limits: QueueLimits) {
    this.db = db;
    this.limits = limits;
    this.statements = new Statements(db);
    this.names = new Names(this.statements);
    this.tally = new Tally(this.statements);
    this.owed = new OwedPlaces(this.statements);
    this.claims = new LaneClaims(this.statements);
  }

  /** How many transactions were committed. */
  get commits(): number {
    return this.#commits;
  }

  begin(): void {
    this.statements.run('begin immediate');
  }

  /** When it returns, the transaction is fsynced. */
  commit(): void {
    this.tally.write();
    this.claims.writeExtended();
    this.statements.run('commit');
    this.#commits++;
    this.#nextSeq = undefined;
  }

  rollback(): void {
    // Some errors, such as a full disk, end the transaction by themselves.
    if (this.db.isTransaction) this.statements.run('rollback');
    this.tally.forget();
    this.names.forget();
    this.owed.forget();
    this.claims.forget();
    this.#nextSeq = undefined;
  }

  /**
   * The place in the outbox that comes next within this transaction: after the last entry, and after those that a purge
   * deleted, which `sequence` tells. To note every place there would write a page more in each transaction.
   */
  get nextSeq(): number {
    if (this.#nextSeq === undefined) {
      const row = this.statements.list<[nextSeq: number]>(
        'select max(next_seq, (select coalesce(max(seq), 0) + 1 from entry)) from sequence',
      );
      this.#nextSeq = row?.[0] ?? 1;
    }
    return this.#nextSeq;
  }

  /** Marks the next `count` places as taken. */
  takeSeqs(count: number): void {
    this.#nextSeq = this.nextSeq + count;
  }

  /** Notes which places were taken. Before entries are deleted, as no place is ever used twice. */
  noteSeqs(): void {
    this.statements.run('update sequence set next_seq = ?', this.nextSeq);
  }
}
