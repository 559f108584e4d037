import type { PersonState } from './person-record.ts';

/** How a round of the reconciler ended. */
export interface RoundReport {
  /** How many people are in each state. */
  readonly people: Readonly<Record<PersonState, number>>;
  /** How many it worked on. */
  readonly worked: number;
  /** How many the next round, which follows at once, goes on with. */
  readonly left: number;
  readonly durationMs: number;
}

/** What the reconciler reports as it happens; listeners must not throw and must return at once. */
export interface PeopleEvents {
  roundEnded(report: RoundReport): void;
  /** The homeserver, the session or the store failed for all; it is tried again in `retryMs`. */
  roundFailed(failure: { readonly cause: unknown; readonly retryMs: number }): void;
  /** An account could not be ended; the next round tries again. */
  endingFailed(failure: { readonly cause: unknown }): void;
}
