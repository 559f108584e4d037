import type { DatabaseSync } from 'node:sqlite';
import { Names } from './names.ts';
import { OwedPlaces } from './owed-places.ts';
import { Statements } from './statements.ts';
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
  /** Set before a batch: the write-ahead log is too large, so nothing new is taken. */
  refusesNew = false;
  #commits = 0;
  #nextSeq: number | undefined;
  #seqAtStart: number | undefined;

  constructor(db: DatabaseSync, limits: QueueLimits) {
    this.db = db;
    this.limits = limits;
    this.statements = new Statements(db);
    this.names = new Names(this.statements);
    this.tally = new Tally(this.statements);
    this.owed = new OwedPlaces(this.statements);
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
    if (this.#nextSeq !== undefined && this.#nextSeq !== this.#seqAtStart) {
      this.statements.run('update sequence set next_seq = ?', this.#nextSeq);
    }
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
    this.#nextSeq = undefined;
  }

  /** The place in the outbox that comes next within this transaction. */
  get nextSeq(): number {
    if (this.#nextSeq === undefined) {
      const row = this.statements.get<{ next_seq: number }>('select next_seq from sequence');
      this.#nextSeq = row?.next_seq ?? 1;
      this.#seqAtStart = this.#nextSeq;
    }
    return this.#nextSeq;
  }

  /** Marks the next `count` places as taken. Places are never used twice, also not after a purge. */
  takeSeqs(count: number): void {
    this.#nextSeq = this.nextSeq + count;
  }
}
