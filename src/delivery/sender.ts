import type { LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry, Target } from '../outbox/outbox.ts';
import type { Outcome, Setback } from './outcome.ts';

/** What was found in the room about an entry whose fate is unknown. */
export type Finding =
  | { readonly kind: 'found'; readonly eventId: string }
  /** It is certainly not there: it may be sent. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'undecidable'; readonly error: string }
  | { readonly kind: 'setback'; readonly setback: Setback };

export type Opening =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly setback: Setback };

/** An attempt's content is final, or cannot be made final now. */
export type Completion =
  | {
      readonly ok: true;
      readonly content: string;
      /** It is that of an `m.room.encrypted` event, for the target and no other. */
      readonly sealed: boolean;
    }
  | { readonly ok: false; readonly setback: Setback };

/** How lanes reach the world. Implementations never throw for what the world answers, and obey `signal`. */
export interface Sender {
  /** What shares one fate: lanes of one domain wait together when it is away. The homeserver's base URL. */
  domain(key: LaneKey): string;
  /** Where the lane leads now: resolves the alias, joins, follows a room upgrade, probes encryption. */
  open(key: LaneKey, signal: AbortSignal): Promise<Opening>;
  /** Whether an entry could leave just as it was accepted, into a room that is not encrypted. */
  mayLeaveAsAccepted(entry: ClaimedEntry): boolean;
  /** Whether `complete` has anything to do for this entry before it can leave for `target`. */
  mustComplete(entry: ClaimedEntry, target: Target): boolean;
  /**
   * Makes the content final: uploads an attachment, names real events, encrypts. `entry` has type and content as it was
   * accepted. Called only where it is certain that the entry is not in the room.
   */
  complete(
    entry: ClaimedEntry,
    target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Completion>;
  /** One request, with the entry's type and content as they are. */
  send(entry: ClaimedEntry, target: Target, key: LaneKey, signal: AbortSignal): Promise<Outcome>;
  /** Looks in the room for an entry whose fate is unknown. */
  lookUp(entry: ClaimedEntry, target: Target, key: LaneKey, signal: AbortSignal): Promise<Finding>;
}
