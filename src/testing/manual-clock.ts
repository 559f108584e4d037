import type { Clock } from '../clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** More timers than this in one `advance` is a loop that re-arms itself without letting time pass. */
const timersPerAdvanceMax = 1_000_000;

/** 2026-01-01T00:00:00Z: any fixed day will do, as long as it looks like one. */
const startMs = 1_767_225_600_000;

/** A clock that stands still until it is told to move; timers run in the order they fall due. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs: number = startMs) {
    this.#wallMs = nowMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = {
      dueMs: this.#monotonicMs + Math.max(delayMs, 0),
      order: this.#order++,
      run,
    };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer falls due; undefined when none waits. */
  get nextDueMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Moves both scales by `ms` and runs each timer that falls due at its own time, those they set included. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (let ran = 0; ran < timersPerAdvanceMax; ran++) {
      const next = this.#next(untilMs);
      if (next === undefined) {
        this.#moveTo(untilMs);
        return;
      }
      this.#timers.delete(next);
      this.#moveTo(next.dueMs);
      next.run();
    }
    throw new Error(`More than ${timersPerAdvanceMax} timers fell due within ${ms} ms.`);
  }

  /** Moves the wall clock alone by `ms`, which may be negative: what an operator or NTP does. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (next === undefined || comesBefore(timer, next)) next = timer;
    }
    return next;
  }
}

function comesBefore(timer: Timer, other: Timer): boolean {
  return timer.dueMs < other.dueMs || (timer.dueMs === other.dueMs && timer.order < other.order);
}
