import { Failure } from '../../errors.ts';

/** The engine's own words; it has no codes. */
const withoutIdentity = /cross-signing is not set up/i;
/** It has learnt of another identity, which has not signed it. */
const unsigned = /your device is not verified/i;
const storeFailed = /crypto store/i;

/**
 * Names what the engine threw.
 *
 * @param trouble why its store could not be written, if that is so
 */
export function engineFailure(thrown: unknown, trouble?: Failure): Failure {
  if (trouble !== undefined) return trouble;
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (withoutIdentity.test(message)) return new Failure('identity_not_set_up', { cause: thrown });
  if (unsigned.test(message)) return new Failure('identity_differs', { cause: thrown });
  if (storeFailed.test(message)) {
    const detail = 'It is the store of encryption keys.';
    return new Failure('storage_failed', { detail, cause: thrown });
  }
  return new Failure('bug', { detail: 'The encryption engine refused a call.', cause: thrown });
}
