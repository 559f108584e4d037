import { Failure, type FailureCode } from '../../errors.ts';

/** SQLite's result codes, https://www.sqlite.org/rescode.html. */
const ioErr = 10;
const full = 13;
/** The I/O errors that a full disk causes: writing, fsync, truncating, and growing the shared memory. */
const ioErrsOfFullDisk: ReadonlySet<number> = new Set([778, 1034, 1546, 4874]);

/** A caller that hears of a full or failing disk may ask again after this long: somebody has to act first. */
const retryAfterMs = 30_000;

/** A failure as it crosses from thread to thread. */
export interface FailureRecord {
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly cause: unknown;
}

/** Names what an operation threw, so that it can cross from thread to thread. */
export function recordFailure(thrown: unknown): FailureRecord {
  if (thrown instanceof Failure) {
    const { code, detail, cause } = thrown;
    return { code, detail, retryAfterMs: thrown.retryAfterMs, cause };
  }
  const errcode = errcodeOf(thrown);
  if (errcode === undefined) {
    return { code: 'bug', detail: undefined, retryAfterMs: undefined, cause: thrown };
  }
  const code = isDiskFull(thrown) ? 'storage_full' : 'storage_failed';
  const detail = thrown instanceof Error ? `SQLite says: ${thrown.message}.` : undefined;
  return { code, detail, retryAfterMs, cause: thrown };
}

/** The Failure of a record. */
export function failureOf(record: FailureRecord): Failure {
  const { code, detail, cause } = record;
  return new Failure(code, {
    cause,
    ...(detail === undefined ? {} : { detail }),
    ...(record.retryAfterMs === undefined ? {} : { retryAfterMs: record.retryAfterMs }),
  });
}

/** Whether SQLite threw this because there is no space to write. */
export function isDiskFull(thrown: unknown): boolean {
  const errcode = errcodeOf(thrown) ?? 0;
  return (errcode & 0xff) === full || ioErrsOfFullDisk.has(errcode) || errcode === ioErr;
}

/** Whether SQLite threw this because another connection holds a lock. */
export function isBusy(thrown: unknown): boolean {
  return ((errcodeOf(thrown) ?? 0) & 0xff) === 5;
}

function errcodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode : undefined;
}
