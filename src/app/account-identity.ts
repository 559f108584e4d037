import { randomBytes } from 'node:crypto';
import type { AccountEvent } from '../accounts/account-event.ts';
import { logInAnew } from '../accounts/log-in.ts';
import { systemClock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/config.ts';
import type { IdentityState } from '../encryption/encryption.ts';
import { Identities, type IdentityOwner } from '../encryption/identity/identities.ts';
import { identityFailure } from '../encryption/identity/identity-failure.ts';
import type { IdentityKept } from '../encryption/identity/publish-identity.ts';
import { type ShownIdentity, showIdentity } from '../encryption/identity/show-identity.ts';
import type { Authenticate } from '../encryption/identity/upload-authenticated.ts';
import { openCryptoDevices } from '../encryption/worker/open-crypto-devices.ts';
import { Failure } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';
import { encryptionDirectory, encryptionStore } from './account-encryption.ts';
import { accountPorts, asAccount } from './account-session.ts';
import { encryptionKey } from './encryption-key.ts';
import { openFreeDevice } from './open-free-device.ts';

/** On whose identity a command works, and how long it may take. */
export interface IdentityCall {
  readonly config: Pick<Config, 'dataDir' | 'encryptionKeyPath'>;
  readonly account: AccountConfig;
  readonly signal: AbortSignal;
  onEvent(event: AccountEvent): void;
}

/** What an account came to have: its recovery key, which is shown once and kept nowhere here. */
export type IdentityMade =
  | { readonly kind: 'made'; readonly recoveryKey: string }
  /** It was in order before, and nothing was changed. */
  | { readonly kind: 'already' };

/** Where the account's token is configured, as a person finds it. */
function tokenPlace({ name, accessToken }: AccountConfig): string {
  const place = `accounts.${name}.access_token`;
  return accessToken?.kind === 'file'
    ? `${place}_file, ${accessToken.path}`
    : `${place}, or BELLHOP_ACCESS_TOKEN`;
}

/** What an identity lacks. Of a device that is lost only who configured its token can give another. */
export function identityLack(state: Exclude<IdentityState, 'ok'>, account: AccountConfig): Failure {
  const lack = identityFailure(state, account.name);
  const isLost = state === 'device-gone' || state === 'store-is-old';
  if (!isLost || account.accessToken === undefined) return lack;
  return new Failure('new_token_needed', {
    detail: `Account ${account.name}: ${lack.entry.sentence} The token's place: ${tokenPlace(account)}.`,
    cause: lack,
  });
}

/** Runs `task` with the account's device open; a daemon that uses it must end first. */
async function withDevice<Result>(
  call: IdentityCall,
  task: (identities: Identities, owner: IdentityOwner) => Promise<Result>,
): Promise<Result> {
  const { config, account, signal } = call;
  const devices = openCryptoDevices({ clock: systemClock });
  const directory = encryptionDirectory(config.dataDir);
  makeDirectory(directory);
  try {
    return await asAccount(config, account, call, async (session) => {
      signal.throwIfAborted();
      const options = {
        account: account.name,
        userId: session.userId,
        deviceId: session.deviceId,
        file: encryptionStore(config.dataDir, account.name),
        key: encryptionKey(config, directory),
      };
      const device = await openFreeDevice(devices, options, systemClock, signal);
      try {
        const owner = { account: account.name, session, device };
        return await task(new Identities(randomBytes), owner);
      } finally {
        await device.close();
      }
    });
  } finally {
    await devices.close();
  }
}

/** Without one, what a crash cut short is to be done to its end. */
async function hasRecoveryKey({ session }: IdentityOwner, signal: AbortSignal): Promise<boolean> {
  return (await showIdentity(session, signal)).secretStorageKeyId !== undefined;
}

/**
 * Gives an account that has none a cross-signing identity, and secret storage with a new recovery key. An identity that
 * this device holds, and nobody has a recovery key of, gets one.
 *
 * @param authenticate - the password, asked for only when the homeserver wants it
 * @throws Failure recovery_key_needed, identity_differs, device_lost, store_outdated, new_token_needed: it has one
 * already; authentication_needed, encryption_store_unusable and what an account's session throws
 */
export async function setUpIdentity(
  call: IdentityCall,
  authenticate: Authenticate,
): Promise<IdentityMade> {
  return await withDevice(call, async (identities, owner) => {
    const state = await identities.judge(owner, call.signal);
    if (state === 'ok' && (await hasRecoveryKey(owner, call.signal))) return { kind: 'already' };
    if (state !== 'ok' && state !== 'not-set-up') throw identityLack(state, call.account);
    const { recoveryKey } = await identities.setUp(owner, authenticate, call.signal);
    return { kind: 'made', recoveryKey };
  });
}

/** Replaces an account's identity by another: whoever verified the old one has to verify again. */
export async function resetIdentity(
  call: IdentityCall,
  authenticate: Authenticate,
): Promise<IdentityKept> {
  return await withDevice(
    call,
    async (identities, owner) => await identities.reset(owner, authenticate, call.signal),
  );
}

/** What recovering came to; `newDevice` is set where the old one could not be saved. */
export interface Recovered {
  readonly already: boolean;
  readonly newDevice: string | undefined;
}

/**
 * Brings the identity's private keys back with the recovery key. A device whose store is gone or an old copy is replaced
 * by a new one, which the identity then signs.
 *
 * @param password - of the account, asked for only when a new device is needed; undefined: there is none
 * @throws Failure recovery_key_wrong, identity_not_set_up, identity_differs; for a new device new_token_needed where a
 * token is configured, authentication_needed where no password is there
 */
export async function recoverIdentity(
  call: IdentityCall,
  recoveryKey: string,
  password: () => Promise<string | undefined>,
): Promise<Recovered> {
  const state = await recoverDevice(call, recoveryKey);
  if (state !== 'device-gone' && state !== 'store-is-old') {
    return { already: state === 'ok', newDevice: undefined };
  }
  const newDevice = await replaceDevice(call, state, password);
  await recoverDevice(call, recoveryKey);
  return { already: false, newDevice };
}

/** Recovers what can be recovered on this very device; the state it was in before. */
async function recoverDevice(call: IdentityCall, recoveryKey: string): Promise<IdentityState> {
  return await withDevice(call, async (identities, owner) => {
    const state = await identities.judge(owner, call.signal);
    if (state === 'not-set-up') throw identityFailure(state, owner.account);
    if (state === 'needs-recovery-key' || state === 'server-has-other-keys') {
      await identities.recover(owner, recoveryKey, call.signal);
    }
    return state;
  });
}

async function replaceDevice(
  call: IdentityCall,
  state: 'device-gone' | 'store-is-old',
  password: () => Promise<string | undefined>,
): Promise<string> {
  const { config, account, signal } = call;
  if (account.accessToken !== undefined) throw identityLack(state, account);
  const given = await password();
  if (given === undefined) {
    throw new Failure('authentication_needed', {
      detail: `Account ${account.name} needs a new device, and nobody gave its password. If it is lost, an administrator of the homeserver can set another; docs/guides/encryption.md says how.`,
    });
  }
  const ports = accountPorts(config, call.onEvent);
  const { deviceId } = await logInAnew(account, given, ports, signal);
  return deviceId;
}

/** What the homeserver shows of an account's identity; it needs no store, so a daemon may go on. */
export async function identityOf(call: IdentityCall): Promise<ShownIdentity> {
  const { config, account, signal } = call;
  return await asAccount(
    config,
    account,
    call,
    async (session) => await showIdentity(session, signal),
  );
}
