import type { Clock } from '../../clock.ts';
import { Refusal } from './reply.ts';

/** Actions each user may take: `burst` at once, `perSecond` in the long run. Synapse's default is 0.2 and 10. */
export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** As Synapse's admin API has it. */
export interface RateLimitOverride {
  readonly messages_per_second: number;
  readonly burst_count: number;
}

interface Count {
  actions: number;
  sinceMs: number;
}

/** Counts each user's actions in a leaking bucket, as Synapse's `rc_message` does. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();
  readonly #overrides = new Map<string, RateLimitOverride>();
  #limit: RateLimitOptions | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined lifts the limit. Either way counting starts anew. */
  set(limit: RateLimitOptions | undefined): void {
    this.#limit = limit;
    this.#counts.clear();
  }

  /** @throws Refusal 429 when `take` would; counts nothing. */
  check(userId: string): void {
    this.#count(userId);
  }

  /** Counts one action. @throws Refusal 429 `M_LIMIT_EXCEEDED` with `Retry-After` and `retry_after_ms`. */
  take(userId: string): void {
    const count = this.#count(userId);
    if (count !== undefined) count.actions++;
  }

  override(userId: string): RateLimitOverride | undefined {
    return this.#overrides.get(userId);
  }

  /** What an administrator has set for one user; undefined takes it away. */
  setOverride(userId: string, override: RateLimitOverride | undefined): void {
    if (override === undefined) this.#overrides.delete(userId);
    else this.#overrides.set(userId, override);
  }

  /** Zero in an override is no limit at all. */
  #limitOf(userId: string): RateLimitOptions | undefined {
    const override = this.#overrides.get(userId);
    if (override === undefined || this.#limit === undefined) return this.#limit;
    const { messages_per_second: perSecond, burst_count: burst } = override;
    return perSecond === 0 ? undefined : { perSecond, burst };
  }

  /** The user's count, if it has room for one more; undefined without a limit. */
  #count(userId: string): Count | undefined {
    const limit = this.#limitOf(userId);
    if (limit === undefined) return undefined;
    const nowMs = this.#clock.monotonic();
    const count = this.#counts.get(userId) ?? { actions: 0, sinceMs: nowMs };
    this.#counts.set(userId, count);
    if (count.actions < leaked(count, nowMs, limit)) {
      count.actions = 0;
      count.sinceMs = nowMs;
    }
    if (count.actions - leaked(count, nowMs, limit) <= limit.burst - 1) return count;
    const allowedMs = count.sinceMs + ((count.actions - limit.burst + 1) / limit.perSecond) * 1000;
    throw limitExceeded(Math.max(1, Math.ceil(allowedMs - nowMs)));
  }
}

/** How many of the counted actions are forgiven by now. */
const leaked = (count: Count, nowMs: number, { perSecond }: RateLimitOptions): number =>
  ((nowMs - count.sinceMs) / 1000) * perSecond;

/** The 429 of the specification, in Synapse's words; `Retry-After` is in whole seconds, rounded up. */
export function limitExceeded(retryAfterMs: number): Refusal {
  return new Refusal(429, 'M_LIMIT_EXCEEDED', 'Too Many Requests', {
    fields: { retry_after_ms: retryAfterMs },
    headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  });
}
