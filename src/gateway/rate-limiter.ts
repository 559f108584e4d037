import type { Clock } from '../clock.ts';
import type { Rate, SourceSettings } from './settings.ts';

interface Bucket {
  rate: Rate;
  tokens: number;
  /** Monotonic milliseconds of the last refill. */
  filledAt: number;
}

/** Holds each source to its configured rate, with bursts of one interval's worth. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one call of the source's share: 0, or how many milliseconds are to pass before the next one is due. */
  take(source: SourceSettings): number {
    const { name, rate } = source;
    if (rate === undefined) return 0;
    const now = this.#clock.monotonic();
    let bucket = this.#buckets.get(name);
    if (bucket?.rate.count !== rate.count || bucket.rate.intervalMs !== rate.intervalMs) {
      // A changed rate starts afresh.
      bucket = { rate, tokens: rate.count, filledAt: now };
      this.#buckets.set(name, bucket);
    }
    const perMs = rate.count / rate.intervalMs;
    bucket.tokens = Math.min(rate.count, bucket.tokens + (now - bucket.filledAt) * perMs);
    bucket.filledAt = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - bucket.tokens) / perMs);
  }
}
