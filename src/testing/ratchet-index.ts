/** One place of an Olm chain, and what was encrypted with it. */
export interface OlmIndex {
  /** The chain's ratchet key and the message's number in it: used once in the world. */
  readonly place: string;
  readonly ciphertext: string;
}

/** The first byte of every message is its version. */
const versionBytes = 1;
/** An Olm message ends with a MAC. */
const olmMacBytes = 8;
/** A Megolm message ends with a MAC and a signature. */
const megolmTrailerBytes = 8 + 64;

/**
 * Reads the open part of an Olm message, whose body is unpadded base64; `isPreKey` is what `type` 0 says.
 * Undefined: it is no such message.
 */
export function olmIndexOf(body: string, isPreKey: boolean): OlmIndex | undefined {
  const bytes = Buffer.from(body, 'base64');
  const message = isPreKey ? readFields(bytes.subarray(versionBytes)).get(4) : bytes;
  if (!Buffer.isBuffer(message)) return undefined;
  const fields = readFields(message.subarray(versionBytes, -olmMacBytes));
  const [ratchetKey, ciphertext] = [fields.get(1), fields.get(4)];
  if (!Buffer.isBuffer(ratchetKey) || !Buffer.isBuffer(ciphertext)) return undefined;
  const index = Number(fields.get(2) ?? 0);
  return {
    place: `${ratchetKey.toString('base64')}#${index}`,
    ciphertext: ciphertext.toString('base64'),
  };
}

/** The place in its session of a Megolm message in unpadded base64. Undefined: it is no such message. */
export function megolmIndexOf(ciphertext: string): number | undefined {
  const bytes = Buffer.from(ciphertext, 'base64');
  if (bytes.length <= versionBytes + megolmTrailerBytes) return undefined;
  const fields = readFields(bytes.subarray(versionBytes, -megolmTrailerBytes));
  const index = fields.get(1) ?? 0;
  return typeof index === 'number' && fields.has(2) ? index : undefined;
}

/** The two kinds of fields in these messages, in Protocol Buffers' encoding. */
const varint = 0;
const lengthDelimited = 2;

function readFields(bytes: Buffer): ReadonlyMap<number, Buffer | number> {
  const fields = new Map<number, Buffer | number>();
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const wireType = tag % 8;
    if (wireType === varint) fields.set(Math.floor(tag / 8), readVarint());
    else if (wireType === lengthDelimited) {
      const length = readVarint();
      fields.set(Math.floor(tag / 8), bytes.subarray(at, at + length));
      at += length;
    } else break;
  }
  return fields;
}
