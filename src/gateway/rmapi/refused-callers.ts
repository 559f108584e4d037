import type { Clock } from '../../clock.ts';
import type { RefusedCaller, RmapiEvents } from './rmapi-deps.ts';

/** A manifest with another name makes every call a refused one: one line a minute says so as well as a thousand. */
const quietMs = 60_000;
/** Names are whatever certificates say. More at once than these are somebody's game, and no mistake in a manifest. */
const toldMax = 64;

/** Tells who was refused: once in a minute for each name and reason. */
export class RefusedCallers {
  readonly #clock: Clock;
  readonly #events: Pick<RmapiEvents, 'callerRefused'>;
  /** When each was told, in the order of these times; monotonic. */
  readonly #told = new Map<string, number>();

  constructor(clock: Clock, events: Pick<RmapiEvents, 'callerRefused'>) {
    this.#clock = clock;
    this.#events = events;
  }

  tell(caller: RefusedCaller): void {
    const now = this.#clock.monotonic();
    for (const [key, at] of this.#told) {
      if (now - at < quietMs) break;
      this.#told.delete(key);
    }
    const key = JSON.stringify([caller.why, caller.commonName]);
    if (this.#told.has(key) || this.#told.size >= toldMax) return;
    this.#told.set(key, now);
    this.#events.callerRefused(caller);
  }
}
