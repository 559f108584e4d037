import { SqliteStore } from './sqlite-store.ts';
import { databaseOptions, type SqliteStoreOptions } from './store-options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Opens the store in a thread of its own, with group commit: for the daemon and the library.
 * @throws Failure storage_full or storage_failed.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const executor = await WorkerExecutor.open(databaseOptions(options), options.clock);
  return new SqliteStore(executor, options);
}
