import { Failure, type FailureCode } from '../errors.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
import type { Setback } from './outcome.ts';

/** A 429 that names no time is taken as this long, in milliseconds. */
const limitedMsDefault = 5_000;

/** Codes of a 403 that speak of the account, not of the room (Client-Server API §2 "Common error codes"). */
const accountCodes = new Set([
  'M_USER_SUSPENDED',
  'M_USER_LOCKED',
  'M_USER_DEACTIVATED',
  'M_CONSENT_NOT_GIVEN',
  'M_RESOURCE_LIMIT_EXCEEDED',
  'M_USER_LIMIT_EXCEEDED',
]);

/** Statuses that a proxy or an overloaded server gives for a while: nothing is wrong with the event. */
const passingStatuses = new Set([408, 421, 425]);

/** Not the homeserver's own words, but those of something between us and it, or of a server that is not ready. */
function isPassing(error: MatrixError): boolean {
  const { status } = error;
  // Whoever refuses the size, a proxy included, refuses it again.
  if (status === 413) return false;
  return (
    !error.json || status < 400 || passingStatuses.has(status) || error.errcode === 'M_UNRECOGNIZED'
  );
}

function classifyMatrixError(error: MatrixError): Setback {
  const words = error.message;
  const { status } = error;
  if (status === 429) {
    return { kind: 'limited', retryAfterMs: error.retryAfterMs ?? limitedMsDefault, error: words };
  }
  // A success that cannot be read, or a server error, may have taken the event.
  if (status < 300 || status >= 500) return { kind: 'failed', error: words, unknown: true };
  if (isPassing(error)) return { kind: 'failed', error: words, unknown: false };
  if (status === 401 || accountCodes.has(error.errcode)) {
    return { kind: 'account-blocked', error: words };
  }
  if (status === 403 || status === 404) return { kind: 'room-closed', error: words };
  const reason = status === 413 || error.errcode === 'M_TOO_LARGE' ? 'too-large' : 'invalid';
  return { kind: 'dead', reason, error: words };
}

/** Failures of our own disk: they pass when it is mended, and nobody needs to touch the account. */
const storeCodes: ReadonlySet<FailureCode> = new Set([
  'storage_full',
  'storage_failed',
  'storage_busy',
] as const);

/** A Failure comes from seeking a session, so the homeserver did not take what the session was for. */
function classifyFailure(failure: Failure): Setback {
  const { retryAfterMs, message: error } = failure;
  if (retryAfterMs !== undefined) return { kind: 'limited', retryAfterMs, error };
  if (failure.code === 'homeserver_unreachable') return { kind: 'away', error, failure };
  if (storeCodes.has(failure.code)) return { kind: 'failed', error, unknown: false };
  return { kind: 'account-blocked', error, failure };
}

/** What a thrown error means for an attempt. Anything that is not the world's answer is thrown on. */
export function classify(thrown: unknown): Setback {
  if (thrown instanceof MatrixError) return classifyMatrixError(thrown);
  if (thrown instanceof TransportError) {
    return thrown.kind === 'unreachable'
      ? { kind: 'away', error: thrown.message }
      : { kind: 'failed', error: thrown.message, unknown: true };
  }
  if (thrown instanceof Failure) return classifyFailure(thrown);
  throw thrown;
}

/** What becomes of a lane whose question was not answered: repeating it harms nobody, and no entry is to blame. */
export type QuestionSetback = Exclude<Setback, { readonly kind: 'dead' }>;

/** The same for a request that only asks. A definite no is the room's, as it was about the room that was asked. */
export function classifyQuestion(thrown: unknown): QuestionSetback {
  const setback = classify(thrown);
  if (setback.kind === 'dead') return { kind: 'room-closed', error: setback.error };
  return setback.kind === 'failed' ? { ...setback, unknown: false } : setback;
}
