import { Failure } from '../errors.ts';
import { MatrixError } from '../matrix/errors.ts';
import { localpart, type UserId } from '../matrix/ids.ts';
import { registerBySharedSecret } from '../matrix/synapse/register.ts';
import type { AccountPorts } from './account-ports.ts';
import { findBaseUrl } from './find-base-url.ts';
import { sessionFailure } from './session-failure.ts';

export interface NewAccount {
  readonly userId: UserId;
  /** Base URL; without it the homeserver is discovered. */
  readonly homeserver?: string | undefined;
  /** Synapse's `registration_shared_secret`. */
  readonly sharedSecret: string;
  readonly password: string;
  readonly admin: boolean;
}

/**
 * Makes an account on a Synapse; it is not logged in.
 * @throws Failure user_id_taken, matrix_refused (the name is not allowed), registration_refused (another secret),
 * homeserver_unusable, homeserver_unreachable (it may have been made all the same), config_invalid
 */
export async function registerAccount(
  account: NewAccount,
  ports: Pick<AccountPorts, 'openHomeserver' | 'onEvent'>,
  signal: AbortSignal,
): Promise<void> {
  const { userId, password, admin, sharedSecret } = account;
  try {
    const baseUrl = await findBaseUrl({ ...account, name: userId }, ports, undefined, signal);
    const homeserver = ports.openHomeserver(baseUrl);
    try {
      const registration = { localpart: localpart(userId), password, admin, sharedSecret };
      const made = await registerBySharedSecret(homeserver, registration, signal);
      if (made === userId) return;
      throw new Failure('homeserver_unusable', {
        detail: `${baseUrl} made the account ${made} instead of ${userId}.`,
      });
    } finally {
      await homeserver.close();
    }
  } catch (error) {
    throw error instanceof MatrixError
      ? registrationFailure(error, userId)
      : sessionFailure(error, userId);
  }
}

function registrationFailure(error: MatrixError, userId: UserId): Failure {
  const cause = error;
  if (error.errcode === 'M_USER_IN_USE') {
    return new Failure('user_id_taken', { detail: `${userId}: ${error.error}`, cause });
  }
  if (error.status === 403) {
    return new Failure('registration_refused', { detail: `${userId}: ${error.error}.`, cause });
  }
  if (error.status === 404 || error.status === 405 || (error.status < 500 && !error.json)) {
    const detail = `${userId}: it offers no registration by shared secret. Is it a Synapse, is its registration_shared_secret set, and is /_synapse/admin reachable?`;
    return new Failure('homeserver_unusable', { detail, cause });
  }
  if (error.status === 400) {
    return new Failure('matrix_refused', { detail: `${userId}: ${error.error}`, cause });
  }
  return sessionFailure(error, userId);
}
