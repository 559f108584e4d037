import { untilAborted } from '../until-aborted.ts';
import { notReady } from './not-ready.ts';

/** One at a time, in the order in which they came. */
export class Mutex {
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs `work` when all before it have ended.
   * @throws Failure homeserver_unreachable when `signal` aborts before its turn comes
   */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.#last;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#last = before.then(async () => await ended);
    try {
      await untilAborted(before, signal, notReady);
      return await work();
    } finally {
      end();
    }
  }
}
