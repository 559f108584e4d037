import * as fake from 'fake-indexeddb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey } from './decode-key.ts';
import { encodeKey } from './encode-key.ts';
import { anyKey, validKey } from './fuzz-script.contract.ts';

const key = fc.oneof(validKey, fc.string({ unit: 'binary' }), fc.double({ noNaN: true }));
const dataError = expect.objectContaining({ name: 'DataError' });

describe('an encoded key', () => {
  it('compares as the key does', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const order = Buffer.compare(encodeKey(one), encodeKey(other));
        expect(order).toBe(new fake.IDBFactory().cmp(one, other));
      }),
    );
  });

  it('is decoded to the same key, but for minus zero, which is zero', () => {
    fc.assert(
      fc.property(key, (one) => {
        const decoded = decodeKey(encodeKey(one));
        expect(decoded).toEqual(Object.is(one, -0) ? 0 : one);
      }),
    );
    expect(decodeKey(encodeKey(-0))).toBe(0);
  });

  it('holds every unit of UTF-16, in their order', () => {
    let before = encodeKey('');
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = String.fromCharCode(unit);
      const encoded = encodeKey(text);
      if (Buffer.compare(before, encoded) >= 0 || decodeKey(encoded) !== text) {
        throw new Error(`Unit ${unit} is misplaced or lost.`);
      }
      before = encoded;
    }
  });

  it('is today what it was yesterday, as it is on disks', () => {
    const encoded = encodeKey(['a\u007f\uffff', 1.5, -1, new Date(0), Uint8Array.of(0, 255)]);
    expect(Buffer.from(encoded).toString('hex')).toBe(
      '50' + // The array.
        '30628000c0ffff00' +
        '10bff8000000000000' +
        '10400fffffffffffff' +
        '208000000000000000' +
        '4001808000' +
        '00',
    );
  });

  it('is as long as it has to be', () => {
    const text = 'é'.repeat(20_000);
    expect(decodeKey(encodeKey(text))).toBe(text);
  });

  it('exists for what IndexedDB takes as a key, and for nothing else', () => {
    const factory = new fake.IDBFactory();
    fc.assert(
      fc.property(anyKey, (one) => {
        let isValid = true;
        try {
          factory.cmp(one, 0);
        } catch {
          isValid = false;
        }
        if (isValid) encodeKey(one);
        else expect(() => encodeKey(one)).toThrow(dataError);
      }),
    );
    for (const other of [true, {}, Symbol('s'), 1n, null, [undefined]]) {
      expect(() => encodeKey(other)).toThrow(dataError);
    }
  });

  it('has an end also for an array that holds itself', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => encodeKey(endless)).toThrow(dataError);
  });

  it('is refused when nothing encodes so', () => {
    expect(() => decodeKey(Uint8Array.of(0x66))).toThrow('unknown kind');
  });
});
