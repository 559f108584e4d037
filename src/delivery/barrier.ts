import type { Clock } from '../clock.ts';

/**
 * Holds lanes back while what they share cannot serve them: one account's rate limit, one homeserver that is away.
 *
 * Closed for a time, it then lets a single lane through as a probe. Each success doubles how many may run at once until
 * it is fully open; a further `close` shuts it again. Lanes are let through in the order in which they came.
 */
export class Barrier {
  readonly #clock: Clock;
  readonly #onAdmit: (laneId: number) => void;
  readonly #waiting = new Set<number>();
  /** How many lanes may run at once; Infinity when fully open. */
  #allowance = Number.POSITIVE_INFINITY;
  readonly #running = new Set<number>();
  #opensAt = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, onAdmit: (laneId: number) => void) {
    this.#clock = clock;
    this.#onAdmit = onAdmit;
  }

  /** Milliseconds until the probe may go; 0 when a lane may ask to enter. */
  get closedForMs(): number {
    return Math.max(0, this.#opensAt - this.#clock.monotonic());
  }

  get isOpen(): boolean {
    return this.#allowance === Number.POSITIVE_INFINITY;
  }

  /** Whether `laneId` may run now. If not, it is called back through `onAdmit` when its turn comes. */
  enter(laneId: number): boolean {
    if (this.isOpen || this.#running.has(laneId)) return true;
    if (this.closedForMs === 0 && this.#running.size < this.#allowance) {
      this.#waiting.delete(laneId);
      this.#running.add(laneId);
      return true;
    }
    this.#waiting.add(laneId);
    this.#arm();
    return false;
  }

  /** Whether a lane that entered may make one more request. */
  mayGoOn(laneId: number): boolean {
    return this.isOpen || (this.closedForMs === 0 && this.#running.has(laneId));
  }

  /** A lane stopped running. */
  leave(laneId: number): void {
    this.#waiting.delete(laneId);
    if (this.#running.delete(laneId)) this.#admit();
  }

  /** A request was served. */
  succeed(): void {
    if (this.isOpen || this.closedForMs > 0) return;
    this.#allowance *= 2;
    this.#admit();
    if (this.#waiting.size === 0) this.#openFully();
  }

  /** Nothing may pass for `forMs`; a later end wins over an earlier one. */
  close(forMs: number): void {
    this.#opensAt = Math.max(this.#opensAt, this.#clock.monotonic() + forMs);
    this.#allowance = 1;
    this.#running.clear();
    this.#rearm();
  }

  /** The probe may go at once. */
  wake(): void {
    this.#opensAt = 0;
    this.#rearm();
    this.#admit();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#waiting.clear();
  }

  #openFully(): void {
    this.#allowance = Number.POSITIVE_INFINITY;
    this.#running.clear();
  }

  #rearm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#waiting.size > 0) this.#arm();
  }

  #arm(): void {
    this.#cancelTimer ??= this.#clock.after(this.closedForMs, () => {
      this.#cancelTimer = undefined;
      this.#admit();
    });
  }

  #admit(): void {
    if (this.closedForMs > 0) {
      this.#rearm();
      return;
    }
    for (const laneId of this.#waiting) {
      if (this.#running.size >= this.#allowance) return;
      this.#waiting.delete(laneId);
      this.#running.add(laneId);
      this.#onAdmit(laneId);
    }
  }
}
