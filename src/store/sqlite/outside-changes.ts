import type { Clock } from '../../clock.ts';

/** Looks from time to time, for as long as somebody wants to know, whether another process changed the database. */
export class OutsideChanges {
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #look: () => Promise<boolean>;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /** `look` looks once and tells whether to look again. */
  constructor(clock: Clock, pollMs: number, look: () => Promise<boolean>) {
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#look = look;
  }

  /** Begins to look, unless it does so already. */
  start(): void {
    if (this.#cancel !== undefined || this.#isClosed) return;
    this.#cancel = this.#clock.after(this.#pollMs, () => void this.#turn());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #turn(): Promise<void> {
    // A database that cannot be read now may be readable the next time; who writes hears of it.
    const again = await this.#look().catch(() => true);
    this.#cancel = undefined;
    if (again) this.start();
  }
}
