import { domError } from './dom-error.ts';
import { keyEnd, keyKinds, unitSteps, unitTags } from './idb-key.ts';

/** Arrays within arrays; the library nests none. An array that holds itself ends here. */
const depthMax = 32;
/** Keys of the library are some dozens of bytes: two strings of 32 bytes in base64, and a user. */
const firstBytes = 256;
/** An encoded number, with its kind; also more than any unit takes. */
const stepBytesMax = 9;

class KeyWriter {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  /** Its own copy, of exactly its size. */
  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  key(key: unknown, depth: number): void {
    if (depth > depthMax) throw domError('DataError', 'The key has too many arrays within arrays.');
    if (typeof key === 'string') {
      this.#byte(keyKinds.string);
      for (let i = 0; i < key.length; i++) this.#unit(key.charCodeAt(i));
      this.#byte(keyEnd);
    } else if (typeof key === 'number') this.#number(keyKinds.number, key);
    else if (key instanceof Date) this.#number(keyKinds.date, key.getTime());
    else if (Array.isArray(key)) {
      this.#byte(keyKinds.array);
      // By index: a hole is no key either.
      for (let i = 0; i < key.length; i++) this.key(key[i], depth + 1);
      this.#byte(keyEnd);
    } else this.#binary(key);
  }

  #binary(key: unknown): void {
    if (!(key instanceof ArrayBuffer || ArrayBuffer.isView(key))) {
      throw domError('DataError', 'The key is no number, date, text, byte sequence or array.');
    }
    const bytes =
      key instanceof ArrayBuffer
        ? new Uint8Array(key)
        : new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
    this.#byte(keyKinds.binary);
    for (const byte of bytes) this.#unit(byte);
    this.#byte(keyEnd);
  }

  /** IEEE 754, big-endian, with the bits turned so that bytes compare as numbers do. */
  #number(kind: number, value: number): void {
    if (Number.isNaN(value)) throw domError('DataError', 'The key is not a number.');
    this.#byte(kind);
    const at = this.#length;
    // Minus zero is the same key as zero.
    this.#bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    const first = this.#bytes.readUInt8(at);
    if (first >= 0x80) {
      for (let i = at; i < at + 8; i++) this.#bytes.writeUInt8(~this.#bytes.readUInt8(i) & 0xff, i);
    } else this.#bytes.writeUInt8(first | 0x80, at);
    this.#length += 8;
  }

  #unit(unit: number): void {
    const { shortMax, middleMax } = unitSteps;
    if (unit <= shortMax) this.#byte(unit + 1);
    else if (unit <= middleMax) {
      const value = unit - shortMax - 1 + (unitTags.middle << 8);
      this.#byte(value >> 8);
      this.#byte(value & 0xff);
    } else {
      const value = (unitTags.long << 16) | unit;
      this.#byte(value >> 16);
      this.#byte((value >> 8) & 0xff);
      this.#byte(value & 0xff);
    }
  }

  #byte(byte: number): void {
    if (this.#length + stepBytesMax > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#bytes.length)]);
    }
    this.#bytes[this.#length++] = byte;
  }
}

/**
 * A key as bytes that compare (memcmp) as IndexedDB compares the keys (§2.4). No encoded key begins another.
 * @throws DOMException DataError: it is no valid key
 */
export function encodeKey(key: unknown): Uint8Array {
  const writer = new KeyWriter();
  writer.key(key, 0);
  return writer.finish();
}
