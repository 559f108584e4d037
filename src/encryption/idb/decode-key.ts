import { type IdbKey, keyEnd, keyKinds, unitSteps, unitTags } from './idb-key.ts';

/** `String.fromCharCode` takes its units as arguments, and those have the stack for a limit. */
const unitsAtOnceMax = 4_096;

class KeyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  key(): IdbKey {
    const kind = this.#byte();
    switch (kind) {
      case keyKinds.number:
        return this.#number();
      case keyKinds.date:
        return new Date(this.#number());
      case keyKinds.string:
        return this.#string();
      case keyKinds.binary:
        return new Uint8Array(this.#units()).buffer;
      case keyKinds.array:
        return this.#array();
      default:
        throw new Error(`A stored key has the unknown kind ${kind}.`);
    }
  }

  #array(): IdbKey[] {
    const keys: IdbKey[] = [];
    while (this.#bytes.readUInt8(this.#at) !== keyEnd) keys.push(this.key());
    this.#at++;
    return keys;
  }

  #number(): number {
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#at + 8));
    this.#at += 8;
    const first = bytes.readUInt8(0);
    if (first >= 0x80) bytes.writeUInt8(first & 0x7f, 0);
    else for (let i = 0; i < 8; i++) bytes.writeUInt8(~bytes.readUInt8(i) & 0xff, i);
    return bytes.readDoubleBE(0);
  }

  #string(): string {
    const units = this.#units();
    let text = '';
    for (let i = 0; i < units.length; i += unitsAtOnceMax) {
      text += String.fromCharCode(...units.slice(i, i + unitsAtOnceMax));
    }
    return text;
  }

  #units(): number[] {
    const units: number[] = [];
    for (;;) {
      const first = this.#byte();
      if (first === keyEnd) return units;
      if (first < unitTags.middle) units.push(first - 1);
      else if (first < unitTags.long) {
        units.push(((first - unitTags.middle) << 8) + this.#byte() + unitSteps.shortMax + 1);
      } else {
        const high = this.#byte();
        units.push((high << 8) | this.#byte());
      }
    }
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }
}

/**
 * The key that `encodeKey` made these bytes of.
 * @throws Error when nothing it makes looks so
 */
export function decodeKey(bytes: Uint8Array): IdbKey {
  return new KeyReader(bytes).key();
}
