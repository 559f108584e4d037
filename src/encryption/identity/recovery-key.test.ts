import fc from 'fast-check';
import {
  decodeRecoveryKey as decodeAsElement,
  encodeRecoveryKey as encodeAsElement,
} from 'matrix-js-sdk/lib/crypto-api/recovery-key.js';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { decodeRecoveryKey, encodeRecoveryKey } from './recovery-key.ts';

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

function failureOf(text: string): Failure {
  try {
    decodeRecoveryKey(text);
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('nothing was thrown');
}

describe('a recovery key', () => {
  it('is what matrix-js-sdk writes and reads, in twelve groups of four', () => {
    fc.assert(
      fc.property(keys, (bytes) => {
        const text = encodeRecoveryKey(bytes);
        expect(text).toMatch(/^(\w{4} ){11}\w{4}$/);
        expect(text).toBe(encodeAsElement(Uint8Array.from(bytes)));
        expect(decodeAsElement(text)).toEqual(bytes);
        expect(decodeRecoveryKey(text)).toEqual(bytes);
      }),
    );
  });

  it('is read whatever white space it was given with', () => {
    const text = encodeRecoveryKey(key);
    expect(decodeRecoveryKey(text.replaceAll(' ', ''))).toEqual(key);
    expect(decodeRecoveryKey(`\n  ${text.replaceAll(' ', '\t \n')}\r\n`)).toEqual(key);
  });

  it('is never taken for the same key with a character mistyped, and mostly refused', () => {
    const text = encodeRecoveryKey(key).replaceAll(' ', '');
    const decoded = (mistyped: string): Uint8Array | undefined => {
      try {
        return decodeRecoveryKey(mistyped);
      } catch {
        return undefined;
      }
    };
    const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    let tries = 0;
    let taken = 0;
    for (let at = 0; at < text.length; at++) {
      for (const by of digits.replace(text.charAt(at), '')) {
        const found = decoded(text.slice(0, at) + by + text.slice(at + 1));
        expect(found).not.toEqual(key);
        tries++;
        if (found !== undefined) taken++;
      }
    }
    // One byte of parity lets one in 256 pass; the check of the key itself refuses those.
    expect(taken).toBeLessThan(tries / 64);
  });

  it.each([
    ['nothing', ''],
    ['a key cut short', encodeRecoveryKey(key).slice(0, -5)],
    ['a key with more behind it', `${encodeRecoveryKey(key)} abcd`],
    ['a passphrase', 'correct horse battery staple'],
    ['a letter that the alphabet leaves out', encodeRecoveryKey(key).replace(/.$/, 'l')],
    ['a book', 'E'.repeat(1000)],
  ])('refuses %s and repeats nothing of it', (_name, text) => {
    const failure = failureOf(text);
    expect(failure.code).toBe('recovery_key_wrong');
    expect(failure.cause).toBeUndefined();
    for (const group of text.match(/\S{4}/g) ?? []) expect(failure.message).not.toContain(group);
  });

  it('takes or refuses any text with a Failure', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(failureOf(text).code).toBe('recovery_key_wrong');
      }),
    );
  });
});
