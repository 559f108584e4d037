import type { PublishedKeys } from '../../matrix/keys.ts';
import type { IdentityState } from '../encryption.ts';
import type { IdentityContext } from './identity-context.ts';
import { judgeDevice } from './judge-device.ts';
import { isComplete, isSigned, publishedKeys } from './own-keys.ts';
import { sendDeviceRequest } from './send-device-request.ts';
import { readStartRecord, type StartRecord, writeStartRecord } from './start-record.ts';

/** What was found, and what it means. */
export interface IdentityFinding {
  readonly state: IdentityState;
  readonly published: PublishedKeys;
  readonly record: StartRecord | undefined;
}

/**
 * Compares the device's store with what its homeserver shows, before the device uploads or learns anything. Where all is
 * well, a missing signature of the device is made good, and this opening of the store is remembered.
 *
 * @throws MatrixError, TransportError: nothing can be said at the moment
 */
export async function judgeIdentity(context: IdentityContext): Promise<IdentityState> {
  const { state, published, record } = await findIdentity(context);
  if (state === 'ok') {
    if (isSigned(published, context.session.deviceId) === false) await signDevice(context);
    await remember(context, published.masterKey, record);
  }
  return state;
}

/** As `judgeIdentity`, but changes nothing, unless the store is an old copy or another device's. */
export async function findIdentity(context: IdentityContext): Promise<IdentityFinding> {
  const [published, record] = await Promise.all([publishedKeys(context), readStartRecord(context)]);
  const state =
    (await judgeDevice(context, published, record)) ??
    (await judgeKeys(context, published, record?.masterKey));
  return { state, published, record };
}

/** Signs the device with the identity that it holds the private keys of, unless it knows of a signature. */
export async function signDevice(context: IdentityContext): Promise<void> {
  const request = await context.device.signOwnDevice();
  if (request !== undefined) await sendDeviceRequest(context, request);
}

async function judgeKeys(
  { device, session }: IdentityContext,
  published: PublishedKeys,
  remembered: string | undefined,
): Promise<IdentityState> {
  if (published.masterKey === undefined) return 'not-set-up';
  // The engine waits a second for what it has yet to learn, and a fresh store has yet to learn everything.
  const { isNew } = device.opened;
  const isHeld = isComplete(await device.crossSigning());
  const known = isHeld || !isNew ? await device.masterKeyOf(session.userId) : undefined;
  if (known === published.masterKey) {
    if (isHeld) return 'ok';
  } else if (known !== undefined) {
    return 'server-has-other-keys';
  }
  // A device that has learnt of the other identity has forgotten its own.
  const isOther = remembered !== undefined && remembered !== published.masterKey;
  return isOther ? 'server-has-other-keys' : 'needs-recovery-key';
}

async function remember(
  context: IdentityContext,
  masterKey: string | undefined,
  record: StartRecord | undefined,
): Promise<void> {
  const { opening } = context;
  const { starts } = context.device.opened;
  const isKept =
    record?.starts === starts &&
    record.opening === opening &&
    record.masterKey === masterKey &&
    !record.lost;
  if (isKept) return;
  await writeStartRecord(context, { starts, opening, masterKey, outdated: false, lost: false });
}
