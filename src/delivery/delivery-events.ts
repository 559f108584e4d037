import type { LaneKey } from '../outbox/entry.ts';
import type { Settlement } from '../outbox/outbox.ts';
import type { Outcome } from './outcome.ts';

/** What delivery reports as it happens; listeners must not throw and must return at once. */
export interface DeliveryEvents {
  attempted(attempt: {
    readonly entryId: string;
    readonly lane: LaneKey;
    readonly outcome: Outcome;
    readonly durationMs: number;
  }): void;
  settled(end: {
    readonly entryId: string;
    readonly source: string;
    readonly lane: LaneKey;
    readonly settlement: Settlement;
    /** From accept to end, in wall-clock milliseconds. */
    readonly ageMs: number;
  }): void;
  laneWaits(wait: { readonly lane: LaneKey; readonly for: string; readonly error: string }): void;
  roomUpgraded(upgrade: {
    readonly lane: LaneKey;
    readonly from: string;
    readonly to: string;
    /** Why the replacement was not followed; undefined: it was. */
    readonly refused: string | undefined;
  }): void;
  /** A promise of the store was not kept; the lane is tried again. */
  storeFailed(failure: { readonly lane: LaneKey | undefined; readonly cause: unknown }): void;
}
