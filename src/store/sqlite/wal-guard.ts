import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { type FailureRecord, recordFailure } from './store-failure.ts';

/** A checkpoint that a long reader blocks is tried again this often. */
const relieveEveryMs = 250;

/** Somebody reads an old state for a long time. */
const isRead: FailureRecord = {
  code: 'storage_busy',
  detail: undefined,
  retryAfterMs: undefined,
  cause: undefined,
};

/** Watches the size of the write-ahead log, which grows for as long as it cannot be emptied. */
export class WalGuard {
  readonly #db: DatabaseSync;
  readonly #walFile: string;
  readonly #bytesMax: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #busyTimeoutMs: number;
  #relievedAt = Number.NEGATIVE_INFINITY;
  /** Why the log was still too large after the last checkpoint. */
  #obstacle = isRead;

  constructor(
    db: DatabaseSync,
    options: {
      readonly file: string;
      readonly bytesMax: number;
      readonly clock: Pick<Clock, 'monotonic'>;
      readonly busyTimeoutMs: number;
    },
  ) {
    this.#db = db;
    this.#walFile = `${options.file}-wal`;
    this.#bytesMax = options.bytesMax;
    this.#clock = options.clock;
    this.#busyTimeoutMs = options.busyTimeoutMs;
  }

  /**
   * Why nothing new may be taken: the log is too large, also after trying to make it small; undefined: it may. Call it
   * outside a transaction.
   */
  refusal(): FailureRecord | undefined {
    if (this.#bytes() <= this.#bytesMax) return undefined;
    const now = this.#clock.monotonic();
    if (now - this.#relievedAt >= relieveEveryMs) {
      this.#relievedAt = now;
      this.#obstacle = this.#checkpoint();
      if (this.#bytes() <= this.#bytesMax) return undefined;
    }
    return this.#obstacle;
  }

  /** What would keep the log as large as it is: it moves into the database, which may find the disk full. */
  #checkpoint(): FailureRecord {
    // Callers wait meanwhile, so it must not wait for the reader.
    this.#db.exec('pragma busy_timeout = 0');
    try {
      this.#db.exec('pragma wal_checkpoint(truncate)');
      return isRead;
    } catch (thrown) {
      return recordFailure(thrown);
    } finally {
      this.#db.exec(`pragma busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }

  #bytes(): number {
    return statSync(this.#walFile, { throwIfNoEntry: false })?.size ?? 0;
  }
}
