import { Failure, type FailureCode } from '../../errors.ts';

/** SQLite's result codes, https://www.sqlite.org/rescode.html. */
const busy = 5;
const full = 13;
/** The I/O errors that a full disk causes: writing, fsync, truncating, and growing the shared memory. */
const ioErrsOfFullDisk: ReadonlySet<number> = new Set([778, 1034, 1546, 4874]);

/** The extended result code of an error that SQLite threw; undefined: it is none of its errors. */
export function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode : undefined;
}

/** Whether SQLite threw this because another connection holds the file. */
export function isBusy(thrown: unknown): boolean {
  return ((sqliteCode(thrown) ?? 0) & 0xff) === busy;
}

/** Names what went wrong while the encryption store was written or read: storage_full or storage_failed. */
export function storageFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const code = sqliteCode(thrown) ?? 0;
  const isFull = (code & 0xff) === full || ioErrsOfFullDisk.has(code) || isOutOfSpace(thrown);
  const name: FailureCode = isFull ? 'storage_full' : 'storage_failed';
  const words = thrown instanceof Error ? thrown.message : 'no reason was given';
  return new Failure(name, { detail: `The encryption store: ${words}.`, cause: thrown });
}

/** As the file system says it, where SQLite is not between. */
function isOutOfSpace(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
}
