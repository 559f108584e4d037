import { Failure } from '../errors.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import { localpart, serverName, type UserId } from '../matrix/ids.ts';
import { servedName } from '../matrix/served-name.ts';
import { registerBySharedSecret } from '../matrix/synapse/register.ts';
import type { AccountPorts } from './account-ports.ts';
import { sessionFailure } from './session-failure.ts';

export interface NewAccount {
  readonly userId: UserId;
  /** Base URL. */
  readonly homeserver: string;
  /** Synapse's `registration_shared_secret`. */
  readonly sharedSecret: string;
  readonly password: string;
  readonly admin: boolean;
}

/**
 * What came of an attempt to make an account. The failure is user_id_taken, matrix_refused (the name is not allowed),
 * registration_refused (another secret), homeserver_unusable or homeserver_unreachable.
 */
export type Registered =
  /** Who was made; a homeserver may take another user than the one that was meant. */
  | { readonly kind: 'made'; readonly userId: UserId }
  /** Surely nobody was. */
  | { readonly kind: 'not-made'; readonly failure: Failure }
  /** It was asked for, and no answer says what came of it. */
  | { readonly kind: 'unsure'; readonly failure: Failure };

/** Makes an account on a Synapse; it is not logged in. */
export async function registerAccount(
  account: NewAccount,
  ports: Pick<AccountPorts, 'openHomeserver'>,
  signal: AbortSignal,
): Promise<Registered> {
  const { userId, password, admin, sharedSecret } = account;
  const homeserver = ports.openHomeserver(account.homeserver);
  try {
    const stranger = await strangerTo(homeserver, userId, signal);
    if (stranger !== undefined) return { kind: 'not-made', failure: stranger };
    const registration = { localpart: localpart(userId), password, admin, sharedSecret };
    const made = await registerBySharedSecret(homeserver, registration, signal);
    return { kind: 'made', userId: made };
  } catch (error) {
    return failed(error, userId);
  } finally {
    await homeserver.close();
  }
}

/** Why the homeserver cannot make this user, as far as it says for whom it is one. */
async function strangerTo(
  homeserver: Homeserver,
  userId: UserId,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const served = await servedName(homeserver, signal);
  if (served === undefined || served === serverName(userId)) return undefined;
  return new Failure('homeserver_unusable', {
    detail: `${homeserver.baseUrl} is the homeserver of ${served}: its users are called @name:${served}, and none of them is ${userId}.`,
  });
}

function failed(error: unknown, userId: UserId): Registered {
  if (!(error instanceof MatrixError || error instanceof TransportError)) throw error;
  // The question that comes before has no effect.
  const isSent = error.requestLine.startsWith('POST ');
  const failure =
    error instanceof MatrixError
      ? registrationFailure(error, userId, isSent)
      : sessionFailure(error, userId);
  const isLost = error instanceof TransportError && error.kind === 'interrupted';
  const isUnsure = isSent && (error instanceof MatrixError ? !isRefusal(failure) : isLost);
  return { kind: isUnsure ? 'unsure' : 'not-made', failure };
}

/** Whether Synapse itself has refused it; of any other answer a proxy may be the author. */
function isRefusal({ code }: Failure): boolean {
  return code === 'user_id_taken' || code === 'registration_refused' || code === 'matrix_refused';
}

function registrationFailure(error: MatrixError, userId: UserId, isSent: boolean): Failure {
  const cause = error;
  const { status, json } = error;
  if (json && error.errcode === 'M_USER_IN_USE') {
    return new Failure('user_id_taken', { detail: `${userId}: ${error.error}`, cause });
  }
  if (json && status === 403) {
    return new Failure('registration_refused', { detail: `${userId}: ${error.error}.`, cause });
  }
  if (json && status === 400) {
    return new Failure('matrix_refused', { detail: `${userId}: ${error.error}`, cause });
  }
  if (!isSent && (status === 404 || status === 405 || (status < 500 && !json))) {
    const detail = `${userId}: it offers no registration by shared secret. Is it a Synapse, is its registration_shared_secret set, and is /_synapse/admin reachable?`;
    return new Failure('homeserver_unusable', { detail, cause });
  }
  return sessionFailure(error, userId);
}
