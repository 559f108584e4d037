import type { Clock } from '../clock.ts';

/** For this long at least, and twice as long at the most, in milliseconds: senders under load come again sooner. */
const lingerMs = 25;

/** A lane that ran dry and stays open for a moment. */
export interface Lingering {
  readonly over: Promise<void>;
  /** Ends it, as more came or its place is wanted; a second call does nothing. */
  end(): void;
}

/** Lanes that ran dry. To let a lane go and to open it again costs more than a message; one timer serves them all. */
export class Linger {
  readonly #clock: Clock;
  /** Those that came since the timer fired last, and those before; some ended already. */
  #fresh: Lingering[] = [];
  #stale: Lingering[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): Lingering {
    const { promise, resolve } = Promise.withResolvers<void>();
    const lingering = { over: promise, end: resolve };
    this.#fresh.push(lingering);
    this.#cancelTimer ??= this.#clock.after(lingerMs, () => this.#turn());
    return lingering;
  }

  /** None stays open any longer. */
  endAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const { end } of this.#stale) end();
    for (const { end } of this.#fresh) end();
    this.#stale = [];
    this.#fresh = [];
  }

  #turn(): void {
    const over = this.#stale;
    this.#stale = this.#fresh;
    this.#fresh = [];
    this.#cancelTimer =
      this.#stale.length > 0 ? this.#clock.after(lingerMs, () => this.#turn()) : undefined;
    for (const { end } of over) end();
  }
}
