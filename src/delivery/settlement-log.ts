import { type Clock, pause } from '../clock.ts';
import type { DeliveryQueue, Settlement } from '../outbox/outbox.ts';

/** A full disk may free itself; completions are tried again this often, in milliseconds. */
const retryMs = 1_000;
/** Completions held in memory at the most; beyond it lanes wait for the store. */
const heldMax = 2_000;
/**
 * While lanes are busy no lane waits for a completion, so they are written only this often, in milliseconds: a commit
 * writes the same pages again for one as for hundreds. A caller who waits for an entry's end notices nothing of it.
 */
const gatherMs = 25;

interface Waiter {
  readonly upTo: number;
  readonly resolve: (isDurable: boolean) => void;
}

/**
 * Gathers completions while earlier ones are being written and for a moment longer, so that under load many share one
 * commit; for whoever waits for his they are written at once. What could not be written is kept and tried again: the
 * homeserver took those events already. Once the signal has aborted, a single try is all.
 */
export class SettlementLog {
  readonly #queue: Pick<DeliveryQueue, 'settle'>;
  readonly #clock: Clock;
  readonly #onFailure: (cause: unknown) => void;
  readonly #signal: AbortSignal;
  #open: Settlement[] = [];
  #isWriting = false;
  #added = 0;
  #written = 0;
  readonly #waiters: Waiter[] = [];
  /** Ends the gathering, while there is one. */
  #hurry: (() => void) | undefined;

  constructor(
    queue: Pick<DeliveryQueue, 'settle'>,
    clock: Clock,
    onFailure: (cause: unknown) => void,
    signal: AbortSignal,
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#hurry?.(), { once: true });
  }

  /** Whether lanes should await `flush` before they go on. */
  get isFull(): boolean {
    return this.#open.length >= heldMax;
  }

  add(settlement: Settlement): void {
    this.#open.push(settlement);
    this.#added++;
    if (this.isFull) this.#hurry?.();
    if (this.#isWriting) return;
    this.#isWriting = true;
    void this.#write();
  }

  /**
   * Writes at once what was added before, and resolves to true when it is on disk. False: the signal aborted and the store
   * could not be written; whose completions these are must not be let go.
   */
  async flush(): Promise<boolean> {
    const upTo = this.#added;
    if (this.#written >= upTo) return true;
    if (!this.#isWriting) return false;
    this.#hurry?.();
    return await new Promise((resolve) => this.#waiters.push({ upTo, resolve }));
  }

  async #write(): Promise<void> {
    while (this.#open.length > 0) {
      // Let the other lanes of this turn of the event loop add theirs first.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#open;
      this.#open = [];
      try {
        await this.#queue.settle(batch);
        this.#written += batch.length;
      } catch (cause) {
        this.#open = [...batch, ...this.#open];
        this.#onFailure(cause);
        if (this.#signal.aborted) break;
        await pause(this.#clock, retryMs, this.#signal);
      }
      this.#resolveWaiters(false);
      if (this.#waiters.length === 0 && !this.#signal.aborted) await this.#gather();
    }
    this.#isWriting = false;
    this.#resolveWaiters(true);
  }

  /** Lets completions come together until somebody waits for one, there are too many, or their time is over. */
  async #gather(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(gatherMs, resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
    this.#hurry = undefined;
  }

  /** `all`: also those whose completions will not be written any more. */
  #resolveWaiters(all: boolean): void {
    for (;;) {
      const [first] = this.#waiters;
      if (first === undefined || (first.upTo > this.#written && !all)) return;
      this.#waiters.shift();
      first.resolve(first.upTo <= this.#written);
    }
  }
}
