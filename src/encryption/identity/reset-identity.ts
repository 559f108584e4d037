import { Failure } from '../../errors.ts';
import type { CrossSigningKeys } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';
import { identityFailure } from './identity-failure.ts';
import { findIdentity } from './judge-identity.ts';
import { learnPublishedKeys } from './own-keys.ts';
import { publicKeyOf } from './public-key-of.ts';
import { type IdentityKept, keepIdentity, publishSigningKeys } from './publish-identity.ts';
import type { Authenticate } from './upload-authenticated.ts';

/**
 * Replaces the account's identity by a new one with a new recovery key; every other device of the account and everybody
 * who had verified it must do so again. When the homeserver refuses it, the identity stays as it was.
 *
 * @throws Failure authentication_needed, device_lost, store_outdated, MatrixError, TransportError; identity_differs: it
 * was refused, and the device has lost the private keys of the identity that stays
 */
export async function resetIdentity(
  context: IdentityContext,
  authenticate: Authenticate,
): Promise<IdentityKept> {
  const { account, device } = context;
  const { state } = await findIdentity(context);
  if (state === 'device-gone' || state === 'store-is-old') throw identityFailure(state, account);
  const former = await device.exportCrossSigning();
  const upload = await device.bootstrapCrossSigning(true);
  try {
    await publishSigningKeys(context, upload, authenticate);
  } catch (refusal) {
    await restore(context, former).catch((error: unknown) => {
      throw new Failure('identity_differs', {
        detail: `Account ${account}. Its identity could not be replaced, nor the one before be put back.`,
        cause: new AggregateError([refusal, error]),
      });
    });
    throw refusal;
  }
  return await keepIdentity(context, upload);
}

/** Goes by what the homeserver shows: an answer that was lost may have been a yes. */
async function restore(
  context: IdentityContext,
  former: CrossSigningKeys | undefined,
): Promise<void> {
  const { masterKey } = await learnPublishedKeys(context);
  if (former !== undefined && publicKeyOf(former.master) === masterKey) {
    await context.device.importCrossSigning(former);
  }
}
