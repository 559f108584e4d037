import type { Clock } from '../../../../src/clock.ts';

/** A thousand times as fast as the world: a backoff of 30 s takes 30 ms. */
const factor = 1_000;
/** What is this long is a deadline and no wait; requests are as slow as ever. */
const deadlineMsMin = 5 * 60_000;

/** A clock on which waits are short, for what waits for a homeserver that is asked for real. */
export function hastyClock(): Clock {
  const startedAt = Date.now();
  const elapsed = () => performance.now() * factor;
  const zero = elapsed();
  return {
    now: () => startedAt + elapsed() - zero,
    monotonic: elapsed,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs >= deadlineMsMin ? delayMs : delayMs / factor);
      return () => clearTimeout(timer);
    },
  };
}
