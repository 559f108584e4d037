import { Failure } from '../errors.ts';
import { DiscoveryError, MatrixError, TransportError } from '../matrix/errors.ts';

/** What a call to a homeserver has thrown, as a failure with a name; anything else stays what it is. */
export function matrixFailure(thrown: unknown): unknown {
  if (thrown instanceof TransportError) {
    return new Failure('homeserver_unreachable', { detail: thrown.message, cause: thrown });
  }
  if (thrown instanceof DiscoveryError) {
    const code = thrown.temporary ? 'homeserver_unreachable' : 'homeserver_unusable';
    return new Failure(code, { detail: thrown.message, cause: thrown });
  }
  if (!(thrown instanceof MatrixError)) return thrown;
  const detail = thrown.message;
  if (thrown.status === 429 || thrown.status >= 500) {
    return new Failure('homeserver_unreachable', { detail, cause: thrown });
  }
  return new Failure(thrown.json ? 'matrix_refused' : 'homeserver_unusable', {
    detail,
    cause: thrown,
  });
}
