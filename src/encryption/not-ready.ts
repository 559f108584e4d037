import { Failure } from '../errors.ts';

/** That encryption was waited for in vain. */
export function notReady(cause: unknown): Failure {
  const detail = 'Encryption was not ready in time.';
  return new Failure('homeserver_unreachable', { detail, cause });
}
