import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import type { PeopleLedger } from '../../people/people-ledger.ts';
import { isThere } from '../data-dir.ts';
import { Connection } from './connection.ts';
import { InlineExecutor } from './inline-executor.ts';
import { requireSteps } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';
import { runBatch } from './run-batch.ts';
import { SqliteStore } from './sqlite-store.ts';
import { failureOf, recordFailure } from './store-failure.ts';

/** Another process commits within this time, or something is wrong with it. */
const busyTimeoutMs = 5_000;
/** Nothing is accepted through it. */
const limits = { queued: 0, queuedPerSource: 0 };

/** What can be asked without writing. */
export type ReadOnlyStore = Pick<
  SqliteStore,
  'entries' | 'content' | 'counts' | 'rooms' | 'lanesWithWork' | 'backup' | 'close'
> & { readonly people: Pick<PeopleLedger, 'person' | 'people' | 'history'> };

/**
 * Opens a database that may belong to another process, in the calling thread, without changing anything; undefined:
 * there is none.
 * @throws Failure storage_failed, also when it was made by another version; data_dir_unusable when nobody may look.
 */
export function openReadOnlyStore(file: string, clock: Clock): ReadOnlyStore | undefined {
  if (!isThere(file)) return undefined;
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
    try {
      requireSteps(db, file, migrations);
    } catch (thrown) {
      db.close();
      throw thrown;
    }
    const connection = new Connection(db, limits);
    const executor = new InlineExecutor({
      run: (calls) => runBatch(connection, calls),
      commits: 0,
      close: () => db.close(),
    });
    return new SqliteStore(executor, { file, limits, clock });
  } catch (thrown) {
    throw failureOf(recordFailure(thrown));
  }
}
