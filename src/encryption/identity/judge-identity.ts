import type { PublishedKeys } from '../../matrix/keys.ts';
import type { Session } from '../../matrix/session.ts';
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

/** A judgement whose opening has yet to be remembered. */
export interface Judgement {
  readonly state: IdentityState;
  /** Where all is well: remembers this opening of the store. Before it resolves, nothing may be encrypted. */
  readonly remember: (session: Session) => Promise<void>;
}

/**
 * Compares the device's store with what its homeserver shows, before the device uploads or learns anything. Where all is
 * well, a missing signature of the device is made good, and this opening of the store is remembered.
 *
 * @throws MatrixError, TransportError: nothing can be said at the moment
 */
export async function judgeIdentity(context: IdentityContext): Promise<IdentityState> {
  const { state, remember } = await examineIdentity(context, undefined);
  await remember(context.session);
  return state;
}

/**
 * As `judgeIdentity`, but leaves it to the caller to remember the opening.
 *
 * @param shown what the homeserver showed of the account while the store was opened
 */
export async function examineIdentity(
  context: IdentityContext,
  shown: PublishedKeys | undefined,
): Promise<Judgement> {
  const { state, published, record } = await findIdentity(context, shown);
  if (state !== 'ok') return { state, remember: async () => await Promise.resolve() };
  if (isSigned(published, context.session.deviceId) === false) await signDevice(context);
  return {
    state,
    remember: async (session) =>
      await rememberOpening({ ...context, session }, published.masterKey, record),
  };
}

/** As `judgeIdentity`, but changes nothing, unless the store is an old copy or another device's. */
export async function findIdentity(
  context: IdentityContext,
  shown?: PublishedKeys,
): Promise<IdentityFinding> {
  const [{ published, isSound }, record] = await Promise.all([
    look(context, shown),
    // Only now: whoever had the store until it was opened may have found that it is an old copy.
    readStartRecord(context),
  ]);
  const state =
    (await judgeDevice(context, published, record)) ??
    (isSound ? 'ok' : await judgeKeys(context, published, record?.masterKey));
  return { state, published, record };
}

/** What the homeserver shows; `isSound`: the identity that it shows is the device's, and whole there. */
interface Look {
  readonly published: PublishedKeys;
  readonly isSound: boolean;
}

/**
 * What was shown before the store was held is good enough where all is well by it: what has changed since is told by the
 * next sync, as what changes in the next moment is. Where all is not well, another process may have had the store until
 * now, and have mended it: that takes another look.
 */
async function look(context: IdentityContext, shown: PublishedKeys | undefined): Promise<Look> {
  if (shown !== undefined && (await agrees(context, shown))) {
    return { published: shown, isSound: true };
  }
  return { published: await publishedKeys(context), isSound: false };
}

async function agrees(context: IdentityContext, shown: PublishedKeys): Promise<boolean> {
  const { keys, syncToken } = context.device.opened;
  // A first sync does not tell what changed before it.
  if (syncToken === undefined) return false;
  if (shown.devices.get(context.session.deviceId)?.ed25519 !== keys.ed25519) return false;
  return (await judgeKeys(context, shown, undefined)) === 'ok';
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

async function rememberOpening(
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
