import { createPrivateKey, createPublicKey } from 'node:crypto';
import { decodeBase64 } from './unpadded-base64.ts';

/** What PKCS #8 puts before the 32 bytes of an Ed25519 private key (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKeyBytes = 32;

/** The public part of an Ed25519 private key, both base64, the answer unpadded; undefined: it is no such key. */
export function publicKeyOf(privateKey: string): string | undefined {
  const seed = decodeBase64(privateKey);
  if (seed.length !== privateKeyBytes) return undefined;
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return x === undefined ? undefined : x.replaceAll('-', '+').replaceAll('_', '/');
}
