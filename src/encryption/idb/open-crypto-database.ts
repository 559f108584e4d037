import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../errors.ts';
import { Origin } from './origin.ts';
import { isRegistered, registerOrigin } from './registered-origins.ts';
import { Schema } from './schema.ts';
import { isBusy, storageFailure } from './storage-failure.ts';

/** The log grows with one large key share to some 15 MB; that much need not stay on disk. */
const journalBytesMax = 4 * 1024 ** 2;

export interface CryptoDatabaseOptions {
  /** Path of the SQLite file, in a directory that exists, on a local file system. Made 0600. */
  readonly file: string;
  /** What the names of its IndexedDB databases begin with, before `::`. */
  readonly prefix: string;
  /** Called once, when something could not be written or read: the database is closed then, and must be opened anew. */
  readonly onFatal: (failure: Failure) => void;
}

/** One account's SQLite file, with the library's IndexedDB databases and the owner's own tables. */
export interface CryptoDatabase {
  readonly prefix: string;
  /** For the owner's own tables, whose names do not begin with `idb_`; it neither begins nor ends a transaction on it. */
  readonly database: DatabaseSync;
  /** How many commits there were, each with its fsync. */
  readonly commits: number;
  /**
   * Makes one commit of every IndexedDB transaction and every row of the owner that is written while `work` runs; it
   * resolves when that is on disk. One at a time, so never one within another. Where `work` rejects, what it did is
   * committed all the same, and its error passed on.
   * @throws Failure storage_full or storage_failed: something could not be written, none of the group is kept, and the
   * database is closed; memory is ahead of the disk, so whoever worked with it must begin anew
   */
  group<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Aborts what has not ended, and lets others have the file. A second call does nothing. */
  close(): void;
}

/**
 * Opens an account's file, makes it where it is missing, and holds it until `close` or the end of the process, however it
 * ends. `installIndexedDb` makes its databases known to the library.
 * @throws Failure encryption_store_unusable: another process holds it, or it is no such file; storage_full, storage_failed
 */
export function openCryptoDatabase({
  file,
  prefix,
  onFatal,
}: CryptoDatabaseOptions): CryptoDatabase {
  if (isRegistered(prefix)) {
    throw new Failure('encryption_store_unusable', { detail: `${file} is open already.` });
  }
  const database = openFile(file);
  const origin = new Origin(database, (failure) => {
    unregister();
    onFatal(failure);
  });
  const unregister = registerOrigin(prefix, origin);
  return {
    prefix,
    database,
    get commits() {
      return origin.commits.count;
    },
    group: async (work) => await origin.commits.group(work),
    close() {
      unregister();
      origin.close(new Failure('encryption_store_unusable', { detail: `${file} was closed.` }));
    },
  };
}

function openFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makeFile(file);
    // Timeout 0: the holder keeps it for as long as it lives, so waiting is of no use.
    database = new DatabaseSync(file, { timeout: 0 });
    // Before the first read of a file with a log: so it needs no shared memory, and nobody else gets in.
    database.exec('pragma locking_mode = exclusive');
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
    database.exec(`pragma journal_size_limit = ${journalBytesMax}`);
    // It takes the lock now, not with the first message.
    database.exec('begin immediate');
    database.exec(Schema.tables);
    database.exec('commit');
    return database;
  } catch (cause) {
    database?.close();
    throw openFailure(file, cause);
  }
}

function makeFile(file: string): void {
  try {
    // Only a new file is opened here: closing it again would drop every fcntl lock this process holds on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    chmodSync(file, 0o600);
  }
}

/** Who only looks into a store lets go of it within a few requests. */
const heldMs = 250;

function openFailure(file: string, cause: unknown): Failure {
  if (isBusy(cause)) {
    const detail = `Another process holds ${file}.`;
    return new Failure('encryption_store_unusable', { detail, cause, retryAfterMs: heldMs });
  }
  const failure = storageFailure(cause);
  if (failure.code === 'storage_full') return failure;
  const words = cause instanceof Error ? cause.message : 'no reason was given';
  return new Failure('encryption_store_unusable', { detail: `${file}: ${words}.`, cause });
}
