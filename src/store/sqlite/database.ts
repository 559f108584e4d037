import type { Clock } from '../../clock.ts';
import type { ShapeGuard } from './migrate.ts';
import { type DatabaseOptions, openConnection } from './open-connection.ts';
import { type Call, type Reply, runBatch } from './run-batch.ts';

/** An open database. All is synchronous; whoever must not block runs it in a thread of its own. */
export interface Database {
  /** Runs calls in one transaction; when it returns, they are fsynced. */
  run(calls: readonly Call[]): Reply[];
  /** How many transactions were committed. */
  readonly commits: number;
  close(): void;
}

/** Opens a database for every operation. @throws Failure storage_full or storage_failed. */
export function openDatabase(
  options: DatabaseOptions,
  clock: Pick<Clock, 'monotonic'>,
  guard?: ShapeGuard,
): Database {
  const { db, connection, wal } = openConnection(options, clock, guard);
  return {
    run(calls) {
      connection.refusesNew = wal.refusal();
      return runBatch(connection, calls);
    },
    get commits() {
      return connection.commits;
    },
    close: () => db.close(),
  };
}
