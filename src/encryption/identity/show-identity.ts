import { queryKeys } from '../../matrix/keys.ts';
import type { Session } from '../../matrix/session.ts';
import { isSigned } from './own-keys.ts';
import { defaultKeyId } from './secret-storage.ts';

/** What anybody may know of an account's identity, as its homeserver shows it; keys are unpadded base64. */
export interface ShownIdentity {
  readonly userId: string;
  /** Public master key, by which others verify the account; undefined: it has no identity. */
  readonly masterKey: string | undefined;
  readonly deviceId: string;
  /** The device's fingerprint; undefined: it has not uploaded its keys. */
  readonly ed25519: string | undefined;
  /** Whether the identity has signed the device. */
  readonly signed: boolean;
  /** Id of the key that the recovery key is of; undefined: there is no recovery key. */
  readonly secretStorageKeyId: string | undefined;
}

/** What the homeserver shows of the session's account; it needs no store. @throws MatrixError, TransportError */
export async function showIdentity(session: Session, signal: AbortSignal): Promise<ShownIdentity> {
  const [published, secretStorageKeyId] = await Promise.all([
    queryKeys(session, session.userId, signal),
    defaultKeyId(session, signal),
  ]);
  return {
    userId: session.userId,
    masterKey: published.masterKey,
    deviceId: session.deviceId,
    ed25519: published.devices.get(session.deviceId)?.ed25519,
    signed: isSigned(published, session.deviceId) ?? false,
    secretStorageKeyId,
  };
}
