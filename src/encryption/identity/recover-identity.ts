import { Failure } from '../../errors.ts';
import type { PublishedKeys } from '../../matrix/keys.ts';
import type { CrossSigningKeys, DeviceRequest } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';
import { identityFailure } from './identity-failure.ts';
import { findIdentity, signDevice } from './judge-identity.ts';
import { isComplete, isSigned, learnPublishedKeys } from './own-keys.ts';
import { publicKeyOf } from './public-key-of.ts';
import { decodeRecoveryKey } from './recovery-key.ts';
import { openSecrets } from './secret-storage.ts';
import { sendDeviceRequest } from './send-device-request.ts';

/**
 * Takes the account's identity over with its recovery key, and signs the device with it. A device whose keys have not
 * been uploaded yet is signed in that first upload, so that nobody ever sees it unsigned.
 *
 * @throws Failure recovery_key_wrong; recovery_key_needed: the account keeps nothing that it could open; identity_differs:
 * what it opens are not the keys of the identity that the homeserver shows; identity_not_set_up; device_lost,
 * store_outdated: a new device must be made first; MatrixError, TransportError
 */
export async function recoverIdentity(
  context: IdentityContext,
  recoveryKey: string,
): Promise<void> {
  const { account, device, session } = context;
  const key = decodeRecoveryKey(recoveryKey);
  const { state } = await findIdentity(context);
  if (state === 'not-set-up' || state === 'device-gone' || state === 'store-is-old') {
    throw identityFailure(state, account);
  }
  const keys = await openSecrets(context, key);
  // The device takes private keys only if it knows their public ones.
  const published = await learnPublishedKeys(context);
  if (!areOf(published, keys)) {
    throw identityFailure(
      'server-has-other-keys',
      account,
      'The recovery key opens the keys of another identity.',
    );
  }
  if (!isComplete(await device.importCrossSigning(keys))) {
    throw new Failure('bug', { detail: `Account ${account}. Its keys could not be imported.` });
  }
  await uploadKeys(context);
  if (isSigned(await learnPublishedKeys(context), session.deviceId) === true) return;
  await signDevice(context);
  if (isSigned(await learnPublishedKeys(context), session.deviceId) === true) return;
  throw new Failure('matrix_refused', {
    detail: `Account ${account}. The homeserver did not keep the signature of its device.`,
  });
}

function areOf(published: PublishedKeys, keys: CrossSigningKeys): boolean {
  return (
    publicKeyOf(keys.master) === published.masterKey &&
    publicKeyOf(keys.selfSigning) === published.selfSigningKey &&
    publicKeyOf(keys.userSigning) === published.userSigningKey
  );
}

/** Uploads what the device has to say of itself; what it wants to know of others can wait. */
async function uploadKeys(context: IdentityContext): Promise<void> {
  const requests = await context.device.outgoing();
  const send = async (kind: DeviceRequest['kind']): Promise<void> => {
    for (const request of requests) {
      if (request.kind === kind) await sendDeviceRequest(context, request);
    }
  };
  await send('keys-upload');
  await send('signatures-upload');
}
