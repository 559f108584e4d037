import { DiscoveryError, MatrixError, TransportError } from '../matrix/errors.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import { logout } from '../matrix/login.ts';
import type { AccountOptions, AccountPorts } from './account-ports.ts';
import { type Credentials, isOf } from './credentials.ts';
import { findBaseUrl } from './find-base-url.ts';
import { sessionFailure } from './session-failure.ts';
import { type SignIn, signInByPassword, signInByToken } from './sign-in.ts';

/** By what a person logs an account in. */
export type Proof = { readonly password: string } | { readonly accessToken: string };

export interface LoggedIn {
  /** Base URL. */
  readonly homeserver: string;
  readonly deviceId: string;
  /** Set when it no longer speaks from the device it had. */
  readonly previousDeviceId: string | undefined;
}

/**
 * Logs an account in and stores its credentials. Its device stays the same as long as the homeserver keeps it.
 * @throws Failure login_refused, homeserver_unreachable, homeserver_unusable, config_invalid, storage_full,
 * storage_failed
 */
export async function logIn(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  proof: Proof,
  ports: AccountPorts,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const stored = await storedCredentials(account, ports);
  return await connected(account, undefined, ports, signal, async (signIn) => {
    const credentials =
      'password' in proof
        ? await signInByPassword(signIn, proof.password, stored)
        : await signInByToken(signIn, proof.accessToken);
    // A configured token that was replaced once stays replaced, until another is configured.
    const digest = stored?.tokenDigest ?? credentials.tokenDigest;
    await ports.store.write(account.name, { ...credentials, tokenDigest: digest });
    const { deviceId } = credentials;
    const moved = stored !== undefined && stored.deviceId !== deviceId;
    return {
      homeserver: credentials.homeserver,
      deviceId,
      previousDeviceId: moved ? stored.deviceId : undefined,
    };
  });
}

/**
 * Gives an account another device than the one it had, which is deleted: what belonged to its keys is lost.
 * @throws Failure as `logIn`; then the old device stays
 */
export async function logInAnew(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  password: string,
  ports: AccountPorts,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const stored = await storedCredentials(account, ports);
  return await connected(account, stored?.homeserver, ports, signal, async (signIn) => {
    const credentials = await signInByPassword(signIn, password, undefined);
    await ports.store.write(account.name, { ...credentials, tokenDigest: stored?.tokenDigest });
    const { homeserver, deviceId } = credentials;
    if (stored !== undefined) await endSession(signIn.homeserver, stored, signal);
    return { homeserver, deviceId, previousDeviceId: stored?.deviceId };
  });
}

/** Ends a session, which deletes its device; one that is over already is what was wanted. */
async function endSession(
  homeserver: Homeserver,
  { userId, deviceId, accessToken }: Credentials,
  signal: AbortSignal,
): Promise<void> {
  try {
    await logout({ homeserver, userId, deviceId, accessToken }, signal);
  } catch (error) {
    const spent = error instanceof MatrixError && error.errcode === 'M_UNKNOWN_TOKEN';
    if (!spent) throw error;
  }
}

/**
 * Ends an account's session on its homeserver, which deletes the device, and forgets its credentials; false when there
 * were none. A token that the homeserver no longer takes is forgotten all the same.
 * @throws Failure homeserver_unreachable, homeserver_unusable, login_refused: then nothing is forgotten
 */
export async function logOut(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  ports: AccountPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const stored = await storedCredentials(account, ports);
  if (stored === undefined) return false;
  await connected(account, stored.homeserver, ports, signal, async ({ homeserver }) => {
    await endSession(homeserver, stored, signal);
  });
  await ports.store.remove(account.name);
  return true;
}

async function storedCredentials(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  ports: AccountPorts,
): Promise<Credentials | undefined> {
  const stored = await ports.store.read(account.name);
  return stored !== undefined && isOf(stored, account) ? stored : undefined;
}

/** Runs `task` with a connection of its own to the account's homeserver. */
async function connected<Result>(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  known: string | undefined,
  ports: AccountPorts,
  signal: AbortSignal,
  task: (signIn: SignIn) => Promise<Result>,
): Promise<Result> {
  try {
    const homeserver = ports.openHomeserver(await findBaseUrl(account, ports, known, signal));
    try {
      const { name, userId } = account;
      return await task({ account: name, userId, homeserver, now: ports.clock.now, signal });
    } finally {
      await homeserver.close();
    }
  } catch (error) {
    const named =
      error instanceof MatrixError ||
      error instanceof TransportError ||
      error instanceof DiscoveryError;
    throw named ? sessionFailure(error, account.name) : error;
  }
}
