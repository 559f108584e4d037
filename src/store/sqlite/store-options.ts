import type { Clock } from '../../clock.ts';
import type { QueueLimits } from './connection.ts';
import type { DatabaseOptions } from './open-connection.ts';

/** A write-ahead log beyond this is a reader that does not end; about 20 minutes of full load. */
const defaultWalBytesMax = 256 * 1024 * 1024;
/** How soon entries that another process wrote are noticed; a look costs microseconds. */
export const defaultPollMs = 250;

/** How to open a database of Bellhop. */
export interface SqliteStoreOptions {
  /** The database file; it is made (0600) where it is missing, its directory must exist. */
  readonly file: string;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  /** Beyond this size of the write-ahead log nothing new is taken (`storage_busy`); default 256 MiB. */
  readonly walBytesMax?: number | undefined;
  /** Default 250 ms. */
  readonly pollMs?: number | undefined;
  /** The database may grow to this many pages of 4 KiB; default: as far as the disk goes. */
  readonly pagesMax?: number | undefined;
}

/** What of it the database itself needs. */
export function databaseOptions(options: SqliteStoreOptions): DatabaseOptions {
  const { file, limits, walBytesMax, pagesMax } = options;
  return { file, limits, walBytesMax: walBytesMax ?? defaultWalBytesMax, pagesMax };
}
