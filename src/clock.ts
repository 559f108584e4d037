/** Time as an argument: the only way the house learns what time it is, and waits. */
export interface Clock {
  /** Wall-clock milliseconds since 1970. It may jump; use it for what people read and for what outlives a restart. */
  now(): number;
  /** Milliseconds that only grow; use it for every wait and every duration. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` from now on the monotonic scale. The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** A timer cannot hold more than 2^31 - 1 ms; longer waits are re-armed by whoever waits. */
const timerDelayMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), timerDelayMsMax));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts; it never rejects. */
export async function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
