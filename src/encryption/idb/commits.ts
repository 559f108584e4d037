import type { DatabaseSync } from 'node:sqlite';
import type { Failure } from '../../errors.ts';
import type { Statements } from './statements.ts';
import { sqliteCode, storageFailure } from './storage-failure.ts';

/** What the one IndexedDB transaction that writes has opened. */
type Writer = 'none' | 'transaction' | 'savepoint';

/**
 * Turns commits of IndexedDB into commits of SQLite, of which one file has one at a time. Its first failure is its last:
 * SQLite may then have rolled back more than the failed statement, and what the caller has in memory may be ahead of the
 * disk, so the file is closed at once and everything that comes later is refused.
 */
export class Commits {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #onFailure: (failure: Failure) => void;
  #failure: Failure | undefined;
  #writer: Writer = 'none';
  #isGrouped = false;
  #lastGroup: Promise<unknown> = Promise.resolve();
  #awaitingWriter: (() => void)[] = [];
  #count = 0;

  constructor(
    database: DatabaseSync,
    statements: Statements,
    onFailure: (failure: Failure) => void,
  ) {
    this.#database = database;
    this.#statements = statements;
    this.#onFailure = onFailure;
  }

  /** How many commits of SQLite there were. */
  get count(): number {
    return this.#count;
  }

  /** Why nothing goes any more. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * Begins what one IndexedDB transaction writes. Nobody else may be writing.
   * @throws Failure
   */
  begin(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isGrouped) this.#requireGroup();
    this.#run(this.#isGrouped ? 'savepoint idb' : 'begin immediate');
    this.#writer = this.#isGrouped ? 'savepoint' : 'transaction';
  }

  /**
   * Ends it and keeps what it wrote: on disk when this returns or, within a group, when that resolves.
   * @throws Failure
   */
  keep(): void {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#writer === 'savepoint') this.#run('release idb');
      else this.#commit();
    } finally {
      this.#endWriter();
    }
  }

  /** Ends it as if it had written nothing. It does not throw: where this fails, everything has failed. */
  drop(): void {
    try {
      if (this.#failure !== undefined) return;
      if (this.#writer === 'savepoint') {
        this.#statements.run('rollback to idb');
        this.#statements.run('release idb');
      } else this.#statements.run('rollback');
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.#endWriter();
    }
  }

  /**
   * Makes one commit of all that is written in the file from the beginning of `work` to its end, also where it rejects.
   * @throws Failure storage_full or storage_failed: none of it is kept
   */
  async group<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#lastGroup.then(async () => await this.#runGroup(work));
    this.#lastGroup = turn.catch(() => undefined);
    return await turn;
  }

  /** Closes the file without a commit and refuses everything from now on. The first reason stays. */
  fail(thrown: unknown): Failure {
    if (this.#failure !== undefined) return this.#failure;
    const failure = storageFailure(thrown);
    this.stop(failure);
    this.#onFailure(failure);
    return failure;
  }

  /** As `fail`, but nobody is told. */
  stop(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    if (this.#database.isOpen) this.#database.close();
  }

  async #runGroup<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#writerGone();
    if (this.#failure !== undefined) throw this.#failure;
    this.#run('begin immediate');
    this.#isGrouped = true;
    const result = invoke(work);
    const thrown = await result.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    // A transaction that nobody has ended yet ends by itself; a commit before that would tear it in two.
    await this.#writerGone();
    this.#isGrouped = false;
    // The caller's own statement failed; what belongs to it is not kept without it.
    if (sqliteCode(thrown) !== undefined) throw this.fail(thrown);
    this.#requireGroup();
    this.#commit();
    return await result;
  }

  #requireGroup(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#database.isTransaction) return;
    throw this.fail(new Error('a transaction was rolled back by SQLite or ended by its user'));
  }

  #commit(): void {
    this.#run('commit');
    this.#count++;
  }

  #run(sql: string): void {
    try {
      this.#statements.run(sql);
    } catch (thrown) {
      throw this.fail(thrown);
    }
  }

  async #writerGone(): Promise<void> {
    while (this.#writer !== 'none') {
      await new Promise<void>((resolve) => this.#awaitingWriter.push(resolve));
    }
  }

  #endWriter(): void {
    this.#writer = 'none';
    for (const resolve of this.#awaitingWriter.splice(0)) resolve();
  }
}

/** What `work` throws before its first wait becomes a rejection, as the rest does. */
async function invoke<Result>(work: () => Promise<Result>): Promise<Result> {
  return await work();
}
