import { type OlmMachine, UserId } from '@matrix-org/matrix-sdk-crypto-wasm';
import { Failure } from '../../errors.ts';
import { objectOf, textOf } from '../../matrix/json.ts';
import type {
  CrossSigningKeys,
  CrossSigningState,
  CrossSigningUpload,
  DeviceRequest,
} from '../crypto-device.ts';
import { deviceRequestOf, signaturesRequest } from './device-requests.ts';

/** Which private cross-signing keys an engine holds. */
export async function crossSigningState(machine: OlmMachine): Promise<CrossSigningState> {
  const { hasMaster, hasSelfSigning, hasUserSigning } = await machine.crossSigningStatus();
  return { master: hasMaster, selfSigning: hasSelfSigning, userSigning: hasUserSigning };
}

/** Makes an identity, or the uploads of the one at hand; `reset`: another one. */
export async function bootstrapCrossSigning(
  machine: OlmMachine,
  reset: boolean,
): Promise<CrossSigningUpload> {
  const requests = await machine.bootstrapCrossSigning(reset);
  const keys = requests.uploadKeysRequest;
  return {
    keys: keys === undefined || keys === null ? undefined : deviceRequestOf(keys),
    signingKeys: requests.uploadSigningKeysRequest.body,
    signatures: requests.uploadSignaturesRequest.body,
  };
}

/** The private keys of an identity that is complete here. */
export async function exportCrossSigning(
  machine: OlmMachine,
): Promise<CrossSigningKeys | undefined> {
  const keys = await machine.exportCrossSigningKeys();
  const master = keys?.masterKey;
  const selfSigning = keys?.self_signing_key;
  const userSigning = keys?.userSigningKey;
  if (master === undefined || selfSigning === undefined || userSigning === undefined) {
    return undefined;
  }
  return { master, selfSigning, userSigning };
}

/**
 * Takes private keys of the account's identity. An identity that no keys query has brought yet takes none.
 *
 * @throws Failure identity_differs when they are not the keys of that identity
 */
export async function importCrossSigning(
  machine: OlmMachine,
  { master, selfSigning, userSigning }: CrossSigningKeys,
): Promise<CrossSigningState> {
  try {
    await machine.importCrossSigningKeys(master, selfSigning, userSigning);
  } catch (cause) {
    if (!/while importing/i.test(String(cause))) throw cause;
    const detail = 'The private keys are not those of the identity.';
    throw new Failure('identity_differs', { detail, cause });
  }
  return await crossSigningState(machine);
}

/** Signs an engine's own device with the identity at hand; undefined: it is signed already. */
export async function signOwnDevice(machine: OlmMachine): Promise<DeviceRequest | undefined> {
  const device = await machine.getDevice(machine.userId, machine.deviceId);
  if (device === undefined) throw new Error('The engine does not know its own device.');
  return device.isCrossSignedByOwner() ? undefined : signaturesRequest(await device.verify());
}

/** Public master key of a user as an engine knows it, unpadded base64. */
export async function masterKeyOf(
  machine: OlmMachine,
  userId: string,
): Promise<string | undefined> {
  const identity = await machine.getIdentity(new UserId(userId));
  if (identity === undefined) return undefined;
  const keys = objectOf(objectOf(JSON.parse(identity.masterKey))?.['keys']);
  return textOf(Object.values(keys ?? {})[0]);
}
