import { randomBytes } from 'node:crypto';
import { Attachment, EncryptedAttachment, initAsync } from '@matrix-org/matrix-sdk-crypto-wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EncryptingFile, encryptFile } from './encrypt-file.ts';

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(from, from + pieceBytes));
  }
}

const readAll = async (file: EncryptingFile): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(file.chunks));

/** What another client makes of it. */
const decrypt = (encrypted: Uint8Array, file: object): Buffer =>
  Buffer.from(Attachment.decrypt(new EncryptedAttachment(encrypted, JSON.stringify(file))));

const zeros = (count: number): Uint8Array => new Uint8Array(count);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an encrypted file', () => {
  beforeAll(async () => {
    await initAsync();
  });

  it('is what another client opens, however it was cut into pieces', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 64 }), async (clear, pieceBytes) => {
        const file = encryptFile(inPieces(clear, pieceBytes), randomBytes);
        const encrypted = await readAll(file);
        expect(encrypted).toHaveLength(clear.length);
        expect(decrypt(encrypted, file.file()).equals(clear)).toBe(true);
      }),
    );
  });

  it('that was changed on its way is refused', async () => {
    const file = encryptFile(inPieces(utf8('the whole text'), 4), randomBytes);
    const encrypted = await readAll(file);
    encrypted[0] = (encrypted[0] ?? 0) ^ 1;
    expect(() => decrypt(encrypted, file.file())).toThrow(/hash/i);
  });

  it('is described as the specification says', async () => {
    const file = encryptFile(inPieces(zeros(16), 16), (count) => zeros(count).fill(0xff));
    await readAll(file);
    expect(file.file()).toEqual({
      key: {
        alg: 'A256CTR',
        ext: true,
        k: '__________________________________________8',
        key_ops: ['encrypt', 'decrypt'],
        kty: 'oct',
      },
      // Eight random bytes, and a counter at zero.
      iv: '//////////8AAAAAAAAAAA',
      hashes: { sha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}$/) },
      v: 'v2',
    });
  });

  it('is encrypted with AES-256-CTR', async () => {
    const encrypted = await readAll(encryptFile(inPieces(zeros(16), 16), zeros));
    // The known answer of AES-256 for a block of zeros under a key of zeros.
    expect(encrypted.toString('hex')).toBe('dc95c078a2408989ad48a21492842087');
  });

  it('has another key and another beginning each time', async () => {
    const files = Array.from({ length: 2 }, () =>
      encryptFile(inPieces(zeros(16), 16), randomBytes),
    );
    for (const file of files) await readAll(file);
    const [first, second] = files.map((file) => file.file());
    expect(first?.key.k).not.toBe(second?.key.k);
    expect(first?.iv).not.toBe(second?.iv);
  });

  it('cannot be described before it was read to its end', async () => {
    const file = encryptFile(inPieces(zeros(16), 4), randomBytes);
    expect(() => file.file()).toThrow('not encrypted to its end');
    for await (const _ of file.chunks) break;
    expect(() => file.file()).toThrow('not encrypted to its end');
  });

  it('that cannot be read fails its reader', async () => {
    const broken = new Error('the disk is broken');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield zeros(4);
      throw await Promise.resolve(broken);
    }
    await expect(readAll(encryptFile(failing(), randomBytes))).rejects.toBe(broken);
  });
});
