/** So many accounts are ended at once: each may keep the homeserver's database busy for minutes. */
const runningMax = 4;

/** The endings of accounts that go on beside the rounds, one for each person at most. */
export class AccountEndings {
  readonly #running = new Map<string, Promise<void>>();
  readonly #ended: (fault: unknown) => void;

  /** @param ended - called after each, with what it threw, if it did; never for one that was cut off by closing */
  constructor(ended: (fault: unknown) => void) {
    this.#ended = ended;
  }

  isRunning(personId: string): boolean {
    return this.#running.has(personId);
  }

  /** False: so many run already; the next round asks again. */
  start(personId: string, run: () => Promise<void>): boolean {
    if (this.#running.size >= runningMax || this.#running.has(personId)) return false;
    this.#running.set(personId, this.#follow(personId, run));
    return true;
  }

  /** Resolves when none runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #follow(personId: string, run: () => Promise<void>): Promise<void> {
    let fault: unknown;
    try {
      await run();
    } catch (thrown) {
      fault = thrown;
    }
    this.#running.delete(personId);
    this.#ended(fault);
  }
}
