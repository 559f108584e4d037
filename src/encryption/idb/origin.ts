import type { DatabaseSync } from 'node:sqlite';
import type { Failure } from '../../errors.ts';
import { Commits } from './commits.ts';
import { domError } from './dom-error.ts';
import type { IdbDatabase } from './idb-database.ts';
import type { IdbTransaction } from './idb-transaction.ts';
import { Records } from './records.ts';
import { Schema } from './schema.ts';
import { Statements } from './statements.ts';
import { storageFailure } from './storage-failure.ts';
import { Turns } from './turns.ts';

/** Everything that the IndexedDB databases of one file share: IndexedDB calls it a storage bucket. */
export class Origin {
  readonly schema: Schema;
  readonly records: Records;
  readonly turns: Turns<IdbTransaction> = new Turns();
  readonly connections: Set<IdbDatabase> = new Set();
  readonly commits: Commits;
  #lastOpening: Promise<void> = Promise.resolve();

  constructor(database: DatabaseSync, onFailure: (failure: Failure) => void) {
    const statements = new Statements(database);
    this.schema = new Schema(statements);
    this.records = new Records(statements);
    this.commits = new Commits(database, statements, (failure) => {
      this.#endAll(failure);
      onFailure(failure);
    });
    this.schema.load();
  }

  /** Connections are opened, and their databases upgraded, one after the other (§5.1). */
  inOrder(open: () => Promise<void>): void {
    this.#lastOpening = this.#lastOpening.then(open);
  }

  /** Refuses everything from now on and aborts what has not ended. */
  close(reason: Failure): void {
    this.commits.stop(reason);
    this.#endAll(reason);
  }

  /**
   * What `change` returns.
   * @throws DOMException; where that was not thrown by IndexedDB's own rules, the file has failed
   */
  attempt<Result>(change: () => Result): Result {
    try {
      return change();
    } catch (thrown) {
      if (!(thrown instanceof DOMException)) this.commits.fail(thrown);
      throw this.domErrorOf(thrown);
    }
  }

  /** What a request tells of something that was thrown while it was done. */
  domErrorOf(thrown: unknown): DOMException {
    if (thrown instanceof DOMException) return thrown;
    const failure = storageFailure(thrown);
    return domError(
      failure.code === 'storage_full' ? 'QuotaExceededError' : 'UnknownError',
      failure.message,
    );
  }

  #endAll(failure: Failure): void {
    for (const connection of this.connections) connection.close();
    // Later, so that the request that found the failure speaks first.
    queueMicrotask(() => {
      for (const transaction of this.turns.all) transaction.fail(this.domErrorOf(failure));
    });
  }
}
