import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Whose device it is to be, and how its homeserver is asked. */
export interface ForgedDevice {
  readonly baseUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** Publishes keys such as a client has, without the client: a thousand of those would be slower than what is measured. */
export async function forgeDevice(device: ForgedDevice): Promise<void> {
  const { baseUrl, userId, deviceId, accessToken } = device;
  const signing = generateKeyPairSync('ed25519');
  const signed = (object: Readonly<Record<string, unknown>>) => ({
    ...object,
    signatures: { [userId]: { [`ed25519:${deviceId}`]: signature(object, signing.privateKey) } },
  });
  const deviceKeys = signed({
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    device_id: deviceId,
    keys: {
      [`curve25519:${deviceId}`]: agreementKey(),
      [`ed25519:${deviceId}`]: publicKey(signing.publicKey),
    },
    user_id: userId,
  });
  const answer = await fetch(`${baseUrl}/_matrix/client/v3/keys/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      device_keys: deviceKeys,
      one_time_keys: { 'signed_curve25519:AAAAAQ': signed({ key: agreementKey() }) },
    }),
  });
  if (answer.status !== 200) throw new Error(`keys/upload was answered with ${answer.status}`);
}

const agreementKey = (): string => publicKey(generateKeyPairSync('x25519').publicKey);

/** Unpadded base64. */
function publicKey(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64').replaceAll('=', '');
}

/** The members are in the order of canonical JSON already. */
function signature(object: object, key: KeyObject): string {
  const bytes = Buffer.from(JSON.stringify(object));
  return sign(undefined, bytes, key).toString('base64').replaceAll('=', '');
}
