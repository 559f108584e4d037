import { Failure } from '../errors.ts';
import { DiscoveryError, MatrixError, TransportError } from '../matrix/errors.ts';

/** States of an account on its homeserver that no login changes, and what its operator can do. */
const closedAccounts: Readonly<Record<string, string>> = {
  M_USER_LOCKED: 'is locked; ask the administrator of its homeserver to unlock it',
  M_USER_SUSPENDED: 'is suspended; ask the administrator of its homeserver to lift this',
  M_USER_DEACTIVATED: 'is deactivated; use another account or have it reactivated',
  M_CONSENT_NOT_GIVEN: "has not agreed to its homeserver's terms; log in with a browser and agree",
  M_MISSING_TOKEN: 'sent a token that did not arrive; does a proxy drop the Authorization header?',
};

/** What a refused request says of the account that made it. */
export type Verdict =
  /** Nothing: it is about the request. */
  | { readonly kind: 'none' }
  /** The access token is no longer taken. */
  | { readonly kind: 'token-spent' }
  /** Somebody has to act before the account can speak. */
  | { readonly kind: 'blocked'; readonly failure: Failure };

/** Judges what a request with an account's token has thrown. */
export function judge(thrown: unknown, account: string): Verdict {
  if (!(thrown instanceof MatrixError) || !thrown.json) return { kind: 'none' };
  if (thrown.status !== 401 && thrown.status !== 403) return { kind: 'none' };
  const closed = closedAccounts[thrown.errcode];
  if (closed !== undefined) {
    const detail = `Account ${account} ${closed}. The homeserver says: ${thrown.error}`;
    return { kind: 'blocked', failure: new Failure('login_refused', { detail, cause: thrown }) };
  }
  return thrown.status === 401 && thrown.errcode === 'M_UNKNOWN_TOKEN'
    ? { kind: 'token-spent' }
    : { kind: 'none' };
}

/**
 * Names what went wrong while a session was sought, so that it is never taken for the fate of the request the session
 * was for: `homeserver_unreachable` (may pass, with `retryAfterMs` when the homeserver limits logins), else
 * `homeserver_unusable` or `login_refused`.
 */
export function sessionFailure(thrown: unknown, account: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const cause = thrown;
  if (thrown instanceof DiscoveryError) {
    const code = thrown.temporary ? 'homeserver_unreachable' : 'homeserver_unusable';
    const detail = `Account ${account}: ${thrown.message}. If it has another address, name that as \`homeserver\` in the configuration, or with --homeserver.`;
    return new Failure(code, { detail, cause });
  }
  if (thrown instanceof TransportError) {
    const detail = `Account ${account}: ${thrown.message}`;
    return new Failure('homeserver_unreachable', { detail, cause });
  }
  if (!(thrown instanceof MatrixError)) return new Failure('bug', { cause });
  const verdict = judge(thrown, account);
  return verdict.kind === 'blocked' ? verdict.failure : refusal(thrown, account);
}

function refusal(error: MatrixError, account: string): Failure {
  const detail = `Account ${account}: ${error.message}`;
  const { retryAfterMs } = error;
  if (error.status === 429 || error.status >= 500) {
    return new Failure('homeserver_unreachable', {
      detail,
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (!error.json) return new Failure('homeserver_unusable', { detail, cause: error });
  if (error.errcode === 'M_UNRECOGNIZED') return unrecognized(error, account);
  return new Failure('login_refused', { detail, cause: error });
}

/** Of all that a login asks for only a login by password may be missing on a homeserver: an OAuth server has it then. */
function unrecognized(error: MatrixError, account: string): Failure {
  if (error.requestLine.endsWith('/login')) {
    return new Failure('login_refused', {
      detail: `Account ${account}: its homeserver does not offer this way to log in; configure an access token. Or it is not at this address: \`homeserver\` is the base URL, without /_matrix.`,
      cause: error,
    });
  }
  return new Failure('homeserver_unusable', {
    detail: `Account ${account}: ${error.message}. \`homeserver\` is the base URL, without /_matrix.`,
    cause: error,
  });
}
