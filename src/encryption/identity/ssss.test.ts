import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { calculateKeyCheck } from 'matrix-js-sdk/lib/secret-storage.js';
import decryptAsElement from 'matrix-js-sdk/lib/utils/decryptAESSecretStorageItem.js';
import encryptAsElement from 'matrix-js-sdk/lib/utils/encryptAESSecretStorageItem.js';
import { describe, expect, it } from 'vitest';
import {
  decryptSecret,
  describeKey,
  encryptSecret,
  matchesDescription,
  parseEncryptedSecret,
  ssssAlgorithm,
} from './ssss.ts';

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const other = Uint8Array.from({ length: 32 }, () => 9);
const name = 'm.cross_signing.master';

describe('a secret', () => {
  it('is opened by matrix-js-sdk, and opens what matrix-js-sdk wrote', async () => {
    await fc.assert(
      fc.asyncProperty(keys, fc.string(), fc.string(), async (bytes, under, text) => {
        fc.pre(under.isWellFormed() && text.isWellFormed());
        const theirs = Uint8Array.from(bytes);
        const ours = encryptSecret(bytes, under, text, randomBytes);
        expect(await decryptAsElement(ours, theirs, under)).toBe(text);
        const written = await encryptAsElement(text, theirs, under);
        expect(decryptSecret(bytes, under, written)).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it('has an initialisation vector with bit 63 at 0', () => {
    const { iv } = encryptSecret(key, name, 'x', (count) => new Uint8Array(count).fill(0xff));
    expect(Buffer.from(iv, 'base64')[8]).toBe(0x7f);
  });

  it('stays shut to another key, under another name, and when it was changed', () => {
    const encrypted = encryptSecret(key, name, 'a secret', randomBytes);
    expect(decryptSecret(key, name, encrypted)).toBe('a secret');
    expect(decryptSecret(other, name, encrypted)).toBeUndefined();
    expect(decryptSecret(key, 'm.megolm_backup.v1', encrypted)).toBeUndefined();
    const changed = Buffer.from(encrypted.ciphertext, 'base64');
    changed[0] = (changed[0] ?? 0) ^ 1;
    const ciphertext = changed.toString('base64');
    expect(decryptSecret(key, name, { ...encrypted, ciphertext })).toBeUndefined();
    expect(decryptSecret(key, name, { ...encrypted, iv: 'AAAA' })).toBeUndefined();
  });

  it('is read from any value or not at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseEncryptedSecret(value)).toBeUndefined();
      }),
    );
  });
});

describe('a key description', () => {
  it('is recognised by matrix-js-sdk, and its own by us', async () => {
    const ours = describeKey(key, randomBytes);
    const checked = await calculateKeyCheck(Uint8Array.from(key), String(ours['iv']));
    expect(checked.mac.replace(/=+$/, '')).toBe(ours['mac']);
    const { iv, mac } = await calculateKeyCheck(Uint8Array.from(key));
    const theirs = { algorithm: ssssAlgorithm, iv, mac };
    expect(matchesDescription(key, theirs)).toBe(true);
    expect(matchesDescription(other, theirs)).toBe(false);
  });

  it('that says nothing to check by may be of any key, one of another algorithm of none', () => {
    expect(matchesDescription(key, { algorithm: ssssAlgorithm })).toBe(true);
    expect(matchesDescription(key, { algorithm: 'm.other' })).toBe(false);
    expect(matchesDescription(key, { algorithm: ssssAlgorithm, iv: 'A', mac: 'A' })).toBe(false);
  });
});
