import { call } from './call.ts';
import type { UserId } from './ids.ts';
import { type JsonObject, objectOf, textOf } from './json.ts';
import type { Session } from './session.ts';
import { sessionCallWith } from './session-call.ts';
import { type AuthenticationChallenge, userInteractiveCall } from './user-interactive-call.ts';

/** A device as its homeserver shows it. */
export interface PublishedDevice {
  /** Its fingerprint, unpadded base64. */
  readonly ed25519: string | undefined;
  /** Ids of the keys of its owner that have signed it, such as `ed25519:DEVICE`; the signatures are not verified. */
  readonly signedBy: ReadonlySet<string>;
}

/** The keys of one user as the homeserver shows them: public, unpadded base64, and not verified. */
export interface PublishedKeys {
  readonly masterKey: string | undefined;
  readonly selfSigningKey: string | undefined;
  /** Shown to the user alone. */
  readonly userSigningKey: string | undefined;
  readonly devices: ReadonlyMap<string, PublishedDevice>;
  /** The whole answer, as JSON. */
  readonly answer: string;
}

/** What the homeserver shows of one user's identity and devices (POST /v3/keys/query). */
export async function queryKeys(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<PublishedKeys> {
  const path = '/_matrix/client/v3/keys/query';
  const body = { device_keys: { [userId]: [] } };
  const answer = await sessionCallWith(session, 'POST', path, body, signal);
  const ofUser = (name: string): JsonObject | undefined =>
    objectOf(objectOf(answer.object[name])?.[userId]);
  return {
    masterKey: onlyKeyOf(ofUser('master_keys')),
    selfSigningKey: onlyKeyOf(ofUser('self_signing_keys')),
    userSigningKey: onlyKeyOf(ofUser('user_signing_keys')),
    devices: devicesOf(ofUser('device_keys') ?? {}, userId),
    answer: JSON.stringify(answer.object),
  };
}

/**
 * Publishes cross-signing keys (POST /v3/keys/device_signing/upload); the same keys again are taken without further ado.
 * Undefined: they were taken.
 */
export async function uploadSigningKeys(
  session: Session,
  keys: JsonObject,
  auth: JsonObject | undefined,
  signal: AbortSignal,
): Promise<AuthenticationChallenge | undefined> {
  const path = '/_matrix/client/v3/keys/device_signing/upload';
  const answer = await userInteractiveCall(session, path, keys, auth, signal);
  return 'kind' in answer ? answer : undefined;
}

/**
 * Publishes signatures, `body` being the JSON of the request (POST /v3/keys/signatures/upload). A signature that is
 * refused is no error here: whether it was kept is seen by `queryKeys`.
 */
export async function uploadSignatures(
  session: Session,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  await call(session.homeserver, {
    method: 'POST',
    path: '/_matrix/client/v3/keys/signatures/upload',
    accessToken: session.accessToken,
    body,
    signal,
  });
}

/** A cross-signing key has exactly one property, whose value is the public key. */
function onlyKeyOf(key: JsonObject | undefined): string | undefined {
  return textOf(Object.values(objectOf(key?.['keys']) ?? {})[0]);
}

function devicesOf(devices: JsonObject, userId: UserId): Map<string, PublishedDevice> {
  const published = new Map<string, PublishedDevice>();
  for (const [deviceId, device] of Object.entries(devices)) {
    const keys = objectOf(objectOf(device)?.['keys']);
    const signatures = objectOf(objectOf(device)?.['signatures']);
    published.set(deviceId, {
      ed25519: textOf(keys?.[`ed25519:${deviceId}`]),
      signedBy: new Set(Object.keys(objectOf(signatures?.[userId]) ?? {})),
    });
  }
  return published;
}
