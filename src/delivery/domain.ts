import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { Barrier } from './barrier.ts';
import type { Outcome } from './outcome.ts';

/**
 * So many different lanes failed with no success between, and the homeserver as a whole counts as away. Fewer may be
 * rooms that are broken by themselves, which their own backoff keeps quiet and which must not hold up the others.
 */
const failingLanesMax = 5;

/** One homeserver as delivery sees it: its breaker, and whether it serves anybody. */
export class Domain {
  readonly barrier: Barrier;
  readonly #random: () => number;
  /** How many requests it served; only differences matter. */
  served = 0;
  readonly #failing = new Set<number>();
  #closings = 0;

  constructor(clock: Clock, random: () => number, onAdmit: (laneId: number) => void) {
    this.barrier = new Barrier(clock, onAdmit);
    this.#random = random;
  }

  observe(laneId: number, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'delivered':
        this.#served();
        return;
      case 'away':
        this.#close();
        return;
      case 'failed':
        this.#failing.add(laneId);
        if (this.#failing.size >= failingLanesMax) this.#close();
        return;
      case 'cannot-encrypt':
        // Nobody was asked for anything that this depends on.
        return;
      case 'limited':
      case 'dead':
      case 'room-closed':
      case 'account-blocked':
        // It answered, so it is there; but it served nobody.
        this.#failing.clear();
        this.barrier.succeed();
        return;
    }
  }

  wake(): void {
    this.#closings = 0;
    this.barrier.wake();
  }

  #served(): void {
    this.served++;
    // Nearly always empty, and to clear even an empty set costs an allocation.
    if (this.#failing.size > 0) this.#failing.clear();
    this.#closings = 0;
    this.barrier.succeed();
  }

  #close(): void {
    // Requests that were under way when it closed fail too; they must not lengthen the wait.
    if (this.barrier.closedForMs > 0) return;
    this.barrier.close(backoffMs(this.#closings, this.#random()));
    this.#closings++;
  }
}
