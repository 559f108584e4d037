import { pause, systemClock } from '../../src/clock.ts';

/** Enough for every lane to have a queue, few enough to be delivered within seconds when the run ends. */
const owedMax = 500;
/** What was lost never arrives, and must not stop the run. */
const waitMsMax = 1_000;

/** Keeps clients from running far ahead of delivery. */
export class Backlog {
  #owed = 0;
  #arrival = new AbortController();

  accepted(): void {
    this.#owed++;
  }

  arrived(): void {
    this.#owed--;
    this.#arrival.abort();
    this.#arrival = new AbortController();
  }

  /** Resolves when one more may be sent. */
  async mayGrow(): Promise<void> {
    if (this.#owed >= owedMax) await pause(systemClock, waitMsMax, this.#arrival.signal);
  }
}
