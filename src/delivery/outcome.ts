import type { Failure } from '../errors.ts';
import type { DeadReason } from '../outbox/entry.ts';

/**
 * What one attempt came to. Classified once, where the status is seen; the policy is `decide` in policy.ts. With a
 * `failure` there was no session to attempt it with.
 */
export type Outcome =
  | { readonly kind: 'delivered'; readonly eventId: string }
  /** 429: nothing of this account leaves before `retryAfterMs` are over. The request was not taken. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly error: string }
  /** The homeserver could not be reached: the request was not taken. */
  | { readonly kind: 'away'; readonly error: string; readonly failure?: Failure }
  /** A failure that may pass: 5xx, not JSON, timeout. `unknown`: the request may have been taken. */
  | { readonly kind: 'failed'; readonly error: string; readonly unknown: boolean }
  /** This account cannot speak in this room now; somebody has to let it in. */
  | { readonly kind: 'room-closed'; readonly error: string }
  /** This account cannot encrypt now, and the room is encrypted; its operator has to act. */
  | { readonly kind: 'cannot-encrypt'; readonly error: string }
  /** This account cannot speak at all; its operator has to act. */
  | { readonly kind: 'account-blocked'; readonly error: string; readonly failure?: Failure }
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly error: string };

export type Setback = Exclude<Outcome, { kind: 'delivered' }>;
