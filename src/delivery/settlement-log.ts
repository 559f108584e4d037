import { type Clock, pause } from '../clock.ts';
import type { DeliveryQueue, Settlement } from '../outbox/outbox.ts';

/** A full disk may free itself; completions are tried again this often, in milliseconds. */
const retryMs = 1_000;
/** Completions held in memory at the most; beyond it lanes wait for the store. */
const heldMax = 2_000;

/**
 * Gathers completions while earlier ones are being written, so that under load many share one commit. What could not
 * be written is kept and tried again: the homeserver took those events already.
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
  readonly #waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];

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
  }

  /** Whether lanes should await `durable` before they go on. */
  get isFull(): boolean {
    return this.#open.length >= heldMax;
  }

  add(settlement: Settlement): void {
    this.#open.push(settlement);
    this.#added++;
    if (this.#isWriting) return;
    this.#isWriting = true;
    // Let the other lanes of this turn of the event loop add theirs first.
    setImmediate(() => void this.#write());
  }

  /** Resolves when all that was added before is on disk, or when the signal aborts. */
  async durable(): Promise<void> {
    const upTo = this.#added;
    if (this.#written >= upTo || this.#signal.aborted) return;
    await new Promise<void>((resolve) => this.#waiters.push({ upTo, resolve }));
  }

  async #write(): Promise<void> {
    while (this.#open.length > 0 && !this.#signal.aborted) {
      const batch = this.#open;
      this.#open = [];
      try {
        await this.#queue.settle(batch);
        this.#written += batch.length;
      } catch (cause) {
        this.#onFailure(cause);
        this.#open = [...batch, ...this.#open];
        await pause(this.#clock, retryMs, this.#signal);
      }
      this.#resolveWaiters();
    }
    this.#isWriting = false;
  }

  #resolveWaiters(): void {
    for (;;) {
      const [first] = this.#waiters;
      if (first === undefined || (first.upTo > this.#written && !this.#signal.aborted)) return;
      this.#waiters.shift();
      first.resolve();
    }
  }
}
