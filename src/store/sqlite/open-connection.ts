import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { Connection, type QueueLimits } from './connection.ts';
import { migrate, type ShapeGuard } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';
import { failureOf, isBusy, recordFailure } from './store-failure.ts';
import { WalGuard } from './wal-guard.ts';

/** Another process commits within this time, or something is wrong with it. */
const busyTimeoutMs = 5_000;
/** Pages in the write-ahead log before they move into the database: 8 MB, so that a move stays below some 10 ms. */
const autocheckpointPages = 2_000;
/** 16 MiB, against SQLite's 2 MB: room for most of the index of idempotency keys at a million rows. */
const cacheKib = 16_384;
/** While another process makes the database, opening it can fail at once; it is tried again until it must be done. */
const openDeadlineMs = 10_000;
const openRetryMs = 20;

/** What opens a database; it can be given to another thread. */
export interface DatabaseOptions {
  readonly file: string;
  readonly limits: QueueLimits;
  readonly walBytesMax: number;
  readonly pagesMax: number | undefined;
}

/** A connection, and the guard that tells whether it may take new entries. */
export interface OpenConnection {
  readonly db: DatabaseSync;
  readonly connection: Connection;
  readonly wal: WalGuard;
}

/**
 * Opens a database, makes it where it is missing and brings it up to date, which `guard` may refuse.
 * @throws Failure storage_full or storage_failed.
 */
export function openConnection(
  options: DatabaseOptions,
  clock: Pick<Clock, 'monotonic'>,
  guard?: ShapeGuard,
): OpenConnection {
  const { file, limits, walBytesMax: bytesMax } = options;
  const db = openPatiently(options, clock, guard);
  return {
    db,
    connection: new Connection(db, limits),
    wal: new WalGuard(db, { file, bytesMax, clock, busyTimeoutMs }),
  };
}

function openPatiently(
  options: DatabaseOptions,
  clock: Pick<Clock, 'monotonic'>,
  guard: ShapeGuard | undefined,
): DatabaseSync {
  let firstFailureAt: number | undefined;
  for (;;) {
    try {
      return open(options, guard);
    } catch (thrown) {
      firstFailureAt ??= clock.monotonic();
      const isLate = clock.monotonic() - firstFailureAt > openDeadlineMs;
      if (isLate || !isBusy(thrown)) throw failureOf(recordFailure(thrown));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, openRetryMs);
    }
  }
}

function open({ file, pagesMax }: DatabaseOptions, guard: ShapeGuard | undefined): DatabaseSync {
  makeFile(file);
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    if (db.prepare('pragma journal_mode').get()?.['journal_mode'] !== 'wal') {
      // Pages that a purge frees can then be given back; it counts only before the first table.
      db.exec('pragma auto_vacuum = incremental');
      db.exec('pragma journal_mode = wal');
    }
    db.exec(`pragma synchronous = full;
      pragma wal_autocheckpoint = ${autocheckpointPages};
      pragma cache_size = -${cacheKib}`);
    if (pagesMax !== undefined) db.exec(`pragma max_page_count = ${pagesMax}`);
    migrate(db, file, migrations, guard);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function makeFile(file: string): void {
  try {
    // Only a new file is opened here: closing it again would drop every fcntl lock this process holds on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      throw failureOf({
        code:
          cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC'
            ? 'storage_full'
            : 'storage_failed',
        detail: `${file} cannot be made.`,
        retryAfterMs: undefined,
        cause,
      });
    }
  }
}
