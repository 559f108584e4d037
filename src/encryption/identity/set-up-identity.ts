import { Failure } from '../../errors.ts';
import type { IdentityContext } from './identity-context.ts';
import { identityFailure } from './identity-failure.ts';
import { findIdentity } from './judge-identity.ts';
import { isComplete } from './own-keys.ts';
import { type IdentityKept, keepIdentity, publishSigningKeys } from './publish-identity.ts';
import type { Authenticate } from './upload-authenticated.ts';

/**
 * Gives an account without an identity one, signs the device with it, and keeps its private keys in the account's secret
 * storage, where a person's client opens them with the recovery key. An identity that this device holds already gets a
 * new recovery key, so that what a crash cut short is done again; the old one then opens nothing.
 *
 * @throws Failure recovery_key_needed: the account has an identity from elsewhere; identity_differs, device_lost,
 * store_outdated, authentication_needed, MatrixError, TransportError
 */
export async function setUpIdentity(
  context: IdentityContext,
  authenticate: Authenticate,
): Promise<IdentityKept> {
  const { account, device } = context;
  const { state } = await findIdentity(context);
  if (state === 'needs-recovery-key' || state === 'server-has-other-keys') {
    throw new Failure(identityFailure(state, account).code, {
      detail: `Account ${account} has an identity already: take it over with \`bellhop account identity recover\`, or replace it with \`bellhop account identity reset\`.`,
    });
  }
  if (state !== 'ok' && state !== 'not-set-up') throw identityFailure(state, account);
  // What the homeserver does not show and is not whole here is of no use to anybody.
  const upload = await device.bootstrapCrossSigning(!isComplete(await device.crossSigning()));
  await publishSigningKeys(context, upload, authenticate);
  return await keepIdentity(context, upload);
}
