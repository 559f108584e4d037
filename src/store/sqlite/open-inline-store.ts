import { openDatabase } from './database.ts';
import { InlineExecutor } from './inline-executor.ts';
import type { ShapeGuard } from './migrate.ts';
import { SqliteStore } from './sqlite-store.ts';
import { databaseOptions, type SqliteStoreOptions } from './store-options.ts';

/**
 * Opens the store in the calling thread, which every operation then blocks until its fsync: for the one-shot command.
 * @throws Failure storage_full or storage_failed.
 */
export function openInlineStore(options: SqliteStoreOptions, guard?: ShapeGuard): SqliteStore {
  const database = openDatabase(databaseOptions(options), options.clock, guard);
  return new SqliteStore(new InlineExecutor(database), options);
}
