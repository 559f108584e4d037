import type { Clock } from '../clock.ts';
import type { EntryView } from '../outbox/entry.ts';
import type { OutboxWatch } from '../outbox/outbox.ts';

/** Calls that are held open until something happens, each with a deadline; all end at once when the gateway drains. */
export class Waiting {
  readonly #clock: Clock;
  readonly #outbox: OutboxWatch;
  readonly #held = new Set<AbortController>();
  #isOver = false;

  constructor(clock: Clock, outbox: OutboxWatch) {
    this.#clock = clock;
    this.#outbox = outbox;
  }

  /** The entries once all are settled, or as they are after `waitMs`. */
  async settled(entryIds: readonly string[], waitMs: number): Promise<EntryView[]> {
    return await this.#hold(waitMs, (signal) => this.#outbox.whenSettled(entryIds, signal));
  }

  /** Resolves after `waitMs`, or earlier when the gateway drains. */
  async pass(waitMs: number): Promise<void> {
    await this.#hold(
      waitMs,
      (signal) =>
        new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        }),
    );
  }

  /** Ends all waits, and those to come at once. */
  end(): void {
    this.#isOver = true;
    for (const controller of this.#held) controller.abort();
  }

  async #hold<T>(waitMs: number, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (this.#isOver) controller.abort();
    const cancel = this.#clock.after(waitMs, () => controller.abort());
    this.#held.add(controller);
    try {
      return await wait(controller.signal);
    } finally {
      cancel();
      this.#held.delete(controller);
    }
  }
}
