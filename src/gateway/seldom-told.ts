import type { Clock } from '../clock.ts';

/** A mistake in a setting makes every call a failed one: one line a minute says so as well as a thousand. */
const quietMs = 60_000;
/** Keys are whatever strangers send. More at once than these are somebody's game, and no mistake in a setting. */
const toldMax = 64;

/** What is told once in a minute for each key. */
export class SeldomTold {
  readonly #clock: Clock;
  /** When each was told, in the order of these times; monotonic. */
  readonly #told = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it is to be told now. */
  isDue(key: string): boolean {
    const now = this.#clock.monotonic();
    for (const [told, at] of this.#told) {
      if (now - at < quietMs) break;
      this.#told.delete(told);
    }
    if (this.#told.has(key) || this.#told.size >= toldMax) return false;
    this.#told.set(key, now);
    return true;
  }
}
