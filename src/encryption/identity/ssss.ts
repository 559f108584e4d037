import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { isJsonObject, type JsonObject, textOf } from '../../matrix/json.ts';
import { decodeBase64, encodeBase64 } from './unpadded-base64.ts';

/** The one algorithm of secret storage (Client-Server API "m.secret_storage.v1.aes-hmac-sha2"). */
export const ssssAlgorithm = 'm.secret_storage.v1.aes-hmac-sha2';

/** Chance as an argument: that many unpredictable bytes. */
export type RandomBytes = (count: number) => Uint8Array;

/** A secret as it is kept with the homeserver; all three are unpadded base64. */
export interface EncryptedSecret {
  readonly iv: string;
  readonly ciphertext: string;
  readonly mac: string;
}

/** The block size of AES. */
const ivBytes = 16;
/** What a key is checked with is 32 zero bytes under an empty name. */
const checked = new Uint8Array(32);

/** Encrypts a secret that is kept under `name`. */
export function encryptSecret(
  key: Uint8Array,
  name: string,
  secret: string,
  randomBytes: RandomBytes,
): EncryptedSecret {
  return encrypt(key, name, Buffer.from(secret), freshIv(randomBytes));
}

/** The secret, or undefined when it was not encrypted with this key under this name. */
export function decryptSecret(
  key: Uint8Array,
  name: string,
  encrypted: EncryptedSecret,
): string | undefined {
  const { aesKey, macKey } = deriveKeys(key, name);
  const ciphertext = decodeBase64(encrypted.ciphertext);
  const iv = decodeBase64(encrypted.iv);
  if (iv.length !== ivBytes || !isSame(macOf(macKey, ciphertext), decodeBase64(encrypted.mac))) {
    return undefined;
  }
  const cipher = createDecipheriv('aes-256-ctr', aesKey, iv);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]).toString();
}

/** The content of `m.secret_storage.key.ID`, by which a key can be recognised. */
export function describeKey(key: Uint8Array, randomBytes: RandomBytes): JsonObject {
  const { iv, mac } = encrypt(key, '', checked, freshIv(randomBytes));
  return { algorithm: ssssAlgorithm, iv, mac };
}

/** Whether `description` is of this key; one that says nothing to check it by may be. */
export function matchesDescription(key: Uint8Array, description: JsonObject): boolean {
  if (description['algorithm'] !== ssssAlgorithm) return false;
  const iv = textOf(description['iv']);
  const mac = textOf(description['mac']);
  if (iv === undefined || mac === undefined) return true;
  const ivGiven = decodeBase64(iv);
  if (ivGiven.length !== ivBytes) return false;
  return isSame(decodeBase64(encrypt(key, '', checked, ivGiven).mac), decodeBase64(mac));
}

/** A secret as another client has written it. */
export function parseEncryptedSecret(value: unknown): EncryptedSecret | undefined {
  if (!isJsonObject(value)) return undefined;
  const iv = textOf(value['iv']);
  const ciphertext = textOf(value['ciphertext']);
  const mac = textOf(value['mac']);
  if (iv === undefined || ciphertext === undefined || mac === undefined) return undefined;
  return { iv, ciphertext, mac };
}

function encrypt(
  key: Uint8Array,
  name: string,
  plain: Uint8Array,
  iv: Uint8Array,
): EncryptedSecret {
  const { aesKey, macKey } = deriveKeys(key, name);
  const cipher = createCipheriv('aes-256-ctr', aesKey, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    iv: encodeBase64(iv),
    ciphertext: encodeBase64(ciphertext),
    mac: encodeBase64(macOf(macKey, ciphertext)),
  };
}

function freshIv(randomBytes: RandomBytes): Uint8Array {
  const iv = Uint8Array.from(randomBytes(ivBytes));
  // Bit 63 is to be 0: implementations differ in how their counter runs over it.
  iv[8] = (iv[8] ?? 0) & 0x7f;
  return iv;
}

function deriveKeys(key: Uint8Array, name: string): { aesKey: Buffer; macKey: Buffer } {
  const derived = Buffer.from(hkdfSync('sha256', key, new Uint8Array(32), name, 64));
  return { aesKey: derived.subarray(0, 32), macKey: derived.subarray(32) };
}

const macOf = (macKey: Buffer, ciphertext: Uint8Array): Buffer =>
  createHmac('sha256', macKey).update(ciphertext).digest();

const isSame = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
