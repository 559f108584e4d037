import { backoffMs } from '../backoff.ts';
import { type Clock, pause } from '../clock.ts';
import { Failure } from '../errors.ts';
import { MatrixError } from '../matrix/errors.ts';

/** What a loop works with. */
export interface SyncLoopPorts {
  /** One sync, waiting for news; false: nothing came, not even another token. */
  readonly sync: (signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  /** Chance from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Why the last sync failed; undefined: it went well. */
  readonly onTrouble: (error: unknown) => void;
}

interface Step {
  readonly failed: boolean;
  readonly waitMs: number;
}

/** A homeserver that does not wait for news is asked no more often than this. */
const idleMsMin = 1_000;

/** Syncs without end: one after the other, ever more seldom while they fail. */
export class SyncLoop {
  readonly #ports: SyncLoopPorts;
  #wake = new AbortController();

  constructor(ports: SyncLoopPorts) {
    this.#ports = ports;
  }

  /** Resolves when `signal` aborts; it never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const { failed, waitMs } = await this.#step(failures, signal);
      failures = failed ? failures + 1 : 0;
      if (waitMs > 0) await this.#wait(waitMs, signal);
    }
  }

  /** Ends the wait between two syncs, or spares the next. */
  wake(): void {
    this.#wake.abort();
  }

  async #step(failures: number, signal: AbortSignal): Promise<Step> {
    const { clock, sync, onTrouble } = this.#ports;
    const began = clock.monotonic();
    try {
      const moved = await sync(signal);
      onTrouble(undefined);
      const idle = !moved && clock.monotonic() - began < idleMsMin;
      return { failed: false, waitMs: idle ? idleMsMin : 0 };
    } catch (error) {
      if (signal.aborted) return { failed: true, waitMs: 0 };
      onTrouble(error);
      return { failed: true, waitMs: this.#waitMs(failures, error) };
    }
  }

  /** A homeserver that names a time is not asked before. */
  #waitMs(failures: number, error: unknown): number {
    const says = error instanceof MatrixError || error instanceof Failure;
    const ms = backoffMs(failures, this.#ports.random());
    return Math.max(ms, says ? (error.retryAfterMs ?? 0) : 0);
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await pause(this.#ports.clock, ms, AbortSignal.any([signal, this.#wake.signal]));
  }
}
