import type { ClaimedEntry, FailureCount, Settlement, Target } from '../outbox/outbox.ts';
import type { Outcome, Setback } from './outcome.ts';

/** A room that is closed to an account is tried again after this long: somebody may have let it in. */
const closedRoomWaitMs = 10 * 60_000;
/** An account that cannot encrypt is looked at again after this long: whoever mends it need not say so. */
const encryptionWaitMs = 60_000;
/** An account that its operator has to mend is tried again after this long. */
const blockedAccountWaitMs = 10 * 60_000;

/** Poison must not block a room for ever: this many failures, over at least this long, while others are served. */
const countedFailuresMax = 20;
const countedFailuresSpanMs = 60 * 60_000;

/** An attempt of unknown fate is trusted to the homeserver's memory of transaction ids (24 h on Synapse) for half of it. */
const unknownTrustMs = 12 * 60 * 60_000;

/** What a lane waits for. */
export type Wait =
  | { readonly kind: 'limit'; readonly forMs: number }
  | { readonly kind: 'homeserver' }
  | { readonly kind: 'backoff' }
  | { readonly kind: 'room'; readonly forMs: number }
  | { readonly kind: 'encryption'; readonly forMs: number }
  | { readonly kind: 'account'; readonly forMs: number };

/** What follows from one attempt. */
export type Verdict =
  | { readonly kind: 'settle'; readonly settlement: Settlement }
  | {
      readonly kind: 'wait';
      readonly wait: Wait;
      readonly error: string;
      /** Whether this attempt's own fate is unknown. */
      readonly unknown: boolean;
      readonly failures: FailureCount;
    };

export interface AttemptContext {
  readonly entry: ClaimedEntry;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Whether the homeserver served another lane since this lane's previous failure. */
  readonly othersServed: boolean;
}

function countFailure(failures: FailureCount, context: AttemptContext): FailureCount {
  if (!context.othersServed) return failures;
  return { count: failures.count + 1, since: failures.since ?? context.now };
}

function isPoison(failures: FailureCount, now: number): boolean {
  return (
    failures.since !== undefined &&
    failures.count >= countedFailuresMax &&
    now - failures.since >= countedFailuresSpanMs
  );
}

function decideFailed(setback: Setback & { kind: 'failed' }, context: AttemptContext): Verdict {
  const { entry, now } = context;
  const failures = countFailure(entry.failures, context);
  if (isPoison(failures, now)) {
    const settlement = {
      seq: entry.seq,
      state: 'dead',
      reason: 'server-error',
      error: setback.error,
      at: now,
    } as const;
    return { kind: 'settle', settlement };
  }
  return {
    kind: 'wait',
    wait: waitAfter(setback),
    error: setback.error,
    unknown: setback.unknown,
    failures,
  };
}

/** What a lane waits for after a setback that its entry survives. */
export function waitAfter(setback: Exclude<Setback, { kind: 'dead' }>): Wait {
  switch (setback.kind) {
    case 'limited':
      return { kind: 'limit', forMs: setback.retryAfterMs };
    case 'away':
      return { kind: 'homeserver' };
    case 'failed':
      return { kind: 'backoff' };
    case 'room-closed':
      return { kind: 'room', forMs: closedRoomWaitMs };
    case 'cannot-encrypt':
      return { kind: 'encryption', forMs: encryptionWaitMs };
    case 'account-blocked':
      return { kind: 'account', forMs: blockedAccountWaitMs };
  }
}

/** The whole retry policy: what an attempt's outcome means for its entry and its lane. */
export function decide(outcome: Outcome, context: AttemptContext): Verdict {
  const { entry, now } = context;
  switch (outcome.kind) {
    case 'delivered':
      return {
        kind: 'settle',
        settlement: { seq: entry.seq, state: 'delivered', eventId: outcome.eventId, at: now },
      };
    case 'dead': {
      const { reason, error } = outcome;
      return {
        kind: 'settle',
        settlement: { seq: entry.seq, state: 'dead', reason, error, at: now },
      };
    }
    case 'limited':
    case 'away':
    case 'room-closed':
    case 'cannot-encrypt':
    case 'account-blocked':
      return {
        kind: 'wait',
        wait: waitAfter(outcome),
        error: outcome.error,
        unknown: false,
        failures: entry.failures,
      };
    case 'failed':
      return decideFailed(outcome, context);
  }
}

/**
 * Whether an entry of unknown fate must be looked up in the room before its bytes go out again: the homeserver may have
 * forgotten the transaction id, or never knew it for this device or room.
 */
export function mustLookUp(
  unknown: NonNullable<ClaimedEntry['unknown']>,
  target: Target,
  now: number,
): boolean {
  const age = now - unknown.since;
  return (
    age >= unknownTrustMs ||
    age < 0 ||
    unknown.target?.deviceId !== target.deviceId ||
    unknown.target.roomId !== target.roomId
  );
}
