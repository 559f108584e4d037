import { createCipheriv, createHash } from 'node:crypto';
import { encodeBase64 } from './identity/unpadded-base64.ts';

/** AES-256. */
const keyBytes = 32;
/** The specification asks for 64 random bits; the other 64 count blocks from zero, so that they never overflow. */
const ivRandomBytes = 8;
const ivBytes = 16;

/** What a reader needs to open a file (Client-Server API "Sending encrypted attachments", `EncryptedFile`) but its `url`. */
export interface EncryptedFile {
  readonly key: {
    readonly alg: 'A256CTR';
    readonly ext: true;
    readonly k: string;
    readonly key_ops: readonly ['encrypt', 'decrypt'];
    readonly kty: 'oct';
  };
  readonly iv: string;
  readonly hashes: { readonly sha256: string };
  readonly v: 'v2';
}

/** A file that is encrypted as it is read. */
export interface EncryptingFile {
  /** As many bytes as went in, in the same pieces; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How to open it. Only once all chunks are read. */
  file(): EncryptedFile;
}

/**
 * Encrypts a file under a key of its own (Client-Server API "Sending encrypted attachments": AES-CTR, SHA-256 of what is
 * uploaded), one piece at a time. What reading the file throws goes to who reads `chunks`.
 */
export function encryptFile(
  chunks: AsyncIterable<Uint8Array>,
  random: (count: number) => Uint8Array,
): EncryptingFile {
  const key = random(keyBytes);
  const iv = new Uint8Array(ivBytes);
  iv.set(random(ivRandomBytes));
  let sha256: string | undefined;
  return {
    chunks: encryptChunks(chunks, { key, iv }, (digest) => {
      sha256 = encodeBase64(digest);
    }),
    file() {
      if (sha256 === undefined) throw new Error('the file is not encrypted to its end');
      return {
        key: {
          alg: 'A256CTR',
          ext: true,
          k: Buffer.from(key).toString('base64url'),
          key_ops: ['encrypt', 'decrypt'],
          kty: 'oct',
        },
        iv: encodeBase64(iv),
        hashes: { sha256 },
        v: 'v2',
      };
    },
  };
}

async function* encryptChunks(
  chunks: AsyncIterable<Uint8Array>,
  { key, iv }: { readonly key: Uint8Array; readonly iv: Uint8Array },
  onEnd: (digest: Buffer) => void,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv('aes-256-ctr', key, iv);
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    const encrypted = cipher.update(chunk);
    hash.update(encrypted);
    yield encrypted;
  }
  onEnd(hash.digest());
}
