import { Failure } from '../../errors.ts';
import { objectOf } from '../../matrix/json.ts';
import { uploadSignatures } from '../../matrix/keys.ts';
import type { CrossSigningUpload } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';
import { identityFailure } from './identity-failure.ts';
import { isSigned, learnPublishedKeys } from './own-keys.ts';
import { encodeRecoveryKey } from './recovery-key.ts';
import { storeSecrets } from './secret-storage.ts';
import { sendDeviceRequest } from './send-device-request.ts';
import { type Authenticate, uploadAuthenticated } from './upload-authenticated.ts';

/** The fresh secret of an identity, to be shown once and kept nowhere: twelve groups of four characters. */
export interface IdentityKept {
  readonly recoveryKey: string;
}

const recoveryKeyBytes = 32;

/** Publishes the identity's public keys, one request after the other, as each needs the one before. */
export async function publishSigningKeys(
  context: IdentityContext,
  upload: CrossSigningUpload,
  authenticate: Authenticate,
): Promise<void> {
  if (upload.keys !== undefined) await sendDeviceRequest(context, upload.keys);
  const signingKeys = objectOf(JSON.parse(upload.signingKeys));
  if (signingKeys === undefined) throw new Error('the signing keys are no JSON object');
  await uploadAuthenticated(context, signingKeys, authenticate);
}

/**
 * Publishes the identity's signatures, then keeps its private keys in secret storage under a new recovery key. The keys
 * are in the store all the while: after a crash anywhere the same can be done again, with another recovery key.
 */
export async function keepIdentity(
  context: IdentityContext,
  upload: CrossSigningUpload,
): Promise<IdentityKept> {
  const { account, device, randomBytes, session, signal } = context;
  await uploadSignatures(session, upload.signatures, signal);
  const published = await learnPublishedKeys(context);
  if (isSigned(published, session.deviceId) !== true) {
    throw new Failure('matrix_refused', {
      detail: `Account ${account}. The homeserver did not keep the signature of its device.`,
    });
  }
  const keys = await device.exportCrossSigning();
  // Somebody replaced the identity at this very moment.
  if (keys === undefined) throw identityFailure('server-has-other-keys', account);
  const key = randomBytes(recoveryKeyBytes);
  await storeSecrets(context, key, keys);
  return { recoveryKey: encodeRecoveryKey(key) };
}
