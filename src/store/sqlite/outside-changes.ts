import type { Clock } from '../../clock.ts';

/** Looks from time to time, for as long as somebody wants to know, whether another process changed the database. */
export class OutsideChanges {
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #look: () => Promise<boolean>;
  /** Ends the wait for the next look. */
  #cancel: (() => void) | undefined;
  #isLooking = false;
  /** How often somebody began to want to know: a look does not see who came into its end. */
  #starts = 0;
  #isClosed = false;

  /** `look` looks once and tells whether to look again. */
  constructor(clock: Clock, pollMs: number, look: () => Promise<boolean>) {
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#look = look;
  }

  /** Begins to look, unless it does so already. */
  start(): void {
    this.#starts++;
    if (this.#cancel !== undefined || this.#isLooking || this.#isClosed) return;
    this.#cancel = this.#clock.after(this.#pollMs, () => void this.#turn());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #turn(): Promise<void> {
    this.#cancel = undefined;
    this.#isLooking = true;
    const starts = this.#starts;
    // A database that cannot be read now may be readable the next time; who writes hears of it.
    const again = await this.#look().catch(() => true);
    this.#isLooking = false;
    if (again || this.#starts > starts) this.start();
  }
}
