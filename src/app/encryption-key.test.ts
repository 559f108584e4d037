import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryptionKey } from './encryption-key.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'bellhop-key-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7 + 3));

describe('the key of the encryption stores', () => {
  it('is made once, for its owner alone', () => {
    const made = encryptionKey({ dataDir, encryptionKeyPath: undefined });
    expect(made).toHaveLength(32);
    expect(encryptionKey({ dataDir, encryptionKeyPath: undefined })).toEqual(made);
    expect(statSync(join(dataDir, 'encryption.key')).mode & 0o777).toBe(0o600);
  });

  it('is not made again while there are stores that the one before opens', () => {
    const stores = join(dataDir, 'stores');
    const key = () => encryptionKey({ dataDir, encryptionKeyPath: undefined }, stores);
    const made = key();
    mkdirSync(stores);
    writeFileSync(join(stores, 'main.db'), '');
    rmSync(join(dataDir, 'encryption.key'));
    expect(key).toThrow('encryption.key is gone');
    expect(key).toThrow('encryption.key is gone');
    writeFileSync(join(dataDir, 'encryption.key'), made);
    expect(Buffer.from(key())).toEqual(Buffer.from(made));
  });

  it.each([
    ['raw', bytes],
    ['in hex', `${bytes.toString('hex')}\n`],
    ['in base64', `${bytes.toString('base64')}\n`],
    ['in base64 without padding', bytes.toString('base64url')],
  ])('is read %s', (_, content) => {
    const path = join(dataDir, 'key');
    writeFileSync(path, content);
    expect(Buffer.from(encryptionKey({ dataDir, encryptionKeyPath: path }))).toEqual(bytes);
  });

  it.each(['', 'too short', 'x'.repeat(64)])('is refused when it is no key: %j', (content) => {
    const path = join(dataDir, 'key');
    writeFileSync(path, content);
    expect(() => encryptionKey({ dataDir, encryptionKeyPath: path })).toThrow('32 bytes');
  });

  it('is not looked for elsewhere when the file that is named is missing', () => {
    const path = join(dataDir, 'nowhere');
    expect(() => encryptionKey({ dataDir, encryptionKeyPath: path })).toThrow('cannot be read');
  });

  it("says what is not set for one of systemd's credentials", () => {
    const encryptionKeyPath = '$CREDENTIALS_DIRECTORY/encryption.key';
    expect(() => encryptionKey({ dataDir, encryptionKeyPath })).toThrow('which is not set');
  });
});
