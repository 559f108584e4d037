import { Failure } from '../errors.ts';
import { MatrixError } from '../matrix/errors.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import type { UserId } from '../matrix/ids.ts';
import { loginPassword, refresh, whoami } from '../matrix/login.ts';
import { type Credentials, tokenDigest, withTokens } from './credentials.ts';
import { judge } from './session-failure.ts';

/** Who wants to speak, and where. */
export interface SignIn {
  readonly account: string;
  /** Undefined: whoever the access token belongs to. */
  readonly userId: UserId | undefined;
  readonly homeserver: Homeserver;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** How the device is named in people's lists of devices. */
const deviceDisplayName = 'Bellhop';

/**
 * Logs in by password, on the device of `previous` as long as the homeserver keeps it: a device that was deleted and
 * made again under its old id would have forgotten its transaction ids without anybody noticing.
 */
export async function signInByPassword(
  signIn: SignIn,
  password: string,
  previous: Credentials | undefined,
): Promise<Credentials> {
  const { account, homeserver, userId, signal } = signIn;
  if (userId === undefined) {
    throw new Failure('config_invalid', {
      detail: `Account ${account}: a password needs a user id.`,
    });
  }
  const deviceId =
    previous !== undefined && (await deviceIsKept(signIn, previous))
      ? previous.deviceId
      : undefined;
  const login = await loginPassword(
    homeserver,
    { user: userId, password, deviceId, initialDeviceDisplayName: deviceDisplayName },
    signal,
  );
  refuseStranger(signIn, login.userId);
  const credentials = {
    userId,
    homeserver: homeserver.baseUrl,
    deviceId: login.deviceId,
    accessToken: login.accessToken,
    refreshToken: undefined,
    expiresAt: undefined,
    tokenDigest: previous?.tokenDigest,
  };
  return withTokens(credentials, login, signIn.now());
}

/** Takes a token that was made elsewhere, if it is this user's and belongs to a device. */
export async function signInByToken(signIn: SignIn, accessToken: string): Promise<Credentials> {
  const { account, homeserver, signal } = signIn;
  if (!/^[\x21-\x7e]+$/.test(accessToken)) {
    throw new Failure('login_refused', {
      detail: `Account ${account}: what is configured is no access token.`,
    });
  }
  const owner = await whoami(homeserver, accessToken, signal);
  refuseStranger(signIn, owner.userId);
  if (owner.deviceId === undefined) {
    throw new Failure('login_refused', {
      detail: `Account ${account}: the access token belongs to no device. Its transaction ids would not survive a restart of the homeserver, and messages could arrive twice; use the token of a login.`,
    });
  }
  return {
    userId: owner.userId,
    homeserver: homeserver.baseUrl,
    deviceId: owner.deviceId,
    accessToken,
    refreshToken: undefined,
    expiresAt: undefined,
    tokenDigest: await tokenDigest(accessToken),
  };
}

/** A new pair of tokens for the same device; undefined when the homeserver refuses the refresh token. */
export async function refreshCredentials(
  signIn: SignIn,
  credentials: Credentials,
): Promise<Credentials | undefined> {
  if (credentials.refreshToken === undefined) return undefined;
  try {
    const pair = await refresh(signIn.homeserver, credentials.refreshToken, signIn.signal);
    return withTokens(credentials, pair, signIn.now());
  } catch (error) {
    if (isRefusal(error) && judge(error, signIn.account).kind !== 'blocked') return undefined;
    throw error;
  }
}

async function deviceIsKept(signIn: SignIn, previous: Credentials): Promise<boolean> {
  try {
    const owner = await whoami(signIn.homeserver, previous.accessToken, signIn.signal);
    return owner.userId === previous.userId && owner.deviceId === previous.deviceId;
  } catch (error) {
    if (error instanceof MatrixError && judge(error, signIn.account).kind === 'token-spent') {
      return error.softLogout;
    }
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof MatrixError &&
    error.json &&
    error.status >= 400 &&
    error.status < 500 &&
    error.status !== 429
  );
}

function refuseStranger({ account, userId }: SignIn, found: UserId): void {
  if (userId === undefined || found === userId) return;
  throw new Failure('login_refused', {
    detail: `Account ${account} is ${userId}, but the homeserver says these credentials belong to ${found}.`,
  });
}
