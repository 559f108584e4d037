import { Failure, type FailureCode } from '../../errors.ts';

/** A failure as it crosses from thread to thread. */
export interface FailureRecord {
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly cause: Error | undefined;
}

/** Makes anything thrown able to cross to another thread; what has no name in the catalogue is a bug. */
export function recordFailure(thrown: unknown): FailureRecord {
  const failure = thrown instanceof Failure ? thrown : new Failure('bug', { cause: thrown });
  const { code, detail, retryAfterMs, cause } = failure;
  return { code, detail, retryAfterMs, cause: cause === undefined ? undefined : plainError(cause) };
}

/** The Failure of a record. */
export function failureOf({ code, detail, retryAfterMs, cause }: FailureRecord): Failure {
  return new Failure(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause,
  });
}

/** The engine throws objects whose memory is its own; only their words can cross. */
function plainError(thrown: unknown): Error {
  const error = new Error(thrown instanceof Error ? thrown.message : String(thrown), {
    cause: undefined,
  });
  if (thrown instanceof Error && thrown.stack !== undefined) error.stack = thrown.stack;
  return error;
}
