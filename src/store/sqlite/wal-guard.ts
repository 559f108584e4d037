import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';

/** A checkpoint that a long reader blocks is tried again this often. */
const relieveEveryMs = 250;

/** Watches the size of the write-ahead log, which grows for as long as somebody reads an old state. */
export class WalGuard {
  readonly #db: DatabaseSync;
  readonly #walFile: string;
  readonly #bytesMax: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #busyTimeoutMs: number;
  #relievedAt = Number.NEGATIVE_INFINITY;

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

  /** Whether the log is too large to take more; it first tries to make it small. Call it outside a transaction. */
  isFull(): boolean {
    if (this.#bytes() <= this.#bytesMax) return false;
    const now = this.#clock.monotonic();
    if (now - this.#relievedAt < relieveEveryMs) return true;
    this.#relievedAt = now;
    this.#checkpoint();
    return this.#bytes() > this.#bytesMax;
  }

  #checkpoint(): void {
    // Callers wait meanwhile, so it must not wait for the reader.
    this.#db.exec('pragma busy_timeout = 0');
    try {
      this.#db.exec('pragma wal_checkpoint(truncate)');
    } finally {
      this.#db.exec(`pragma busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }

  #bytes(): number {
    return statSync(this.#walFile, { throwIfNoEntry: false })?.size ?? 0;
  }
}
