import { Failure } from '../../errors.ts';

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Of the specification's "Cryptographic key representation". */
const prefix = [0x8b, 0x01];
const keyBytes = 32;
/** Prefix, key and one byte of parity. */
const encodedBytes = prefix.length + keyBytes + 1;
/** A key has 48 characters and 11 spaces; whoever writes more between the groups still fits, and no work is unbounded. */
const textCharactersMax = 400;

/** The form of a 32-byte key that people keep: twelve groups of four (appendices, "Cryptographic key representation"). */
export function encodeRecoveryKey(key: Uint8Array): string {
  if (key.length !== keyBytes) throw new Error(`a recovery key has ${keyBytes} bytes`);
  const bytes = [...prefix, ...key];
  bytes.push(parityOf(bytes));
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  while (rest > 0n) {
    text = alphabet.charAt(Number(rest % 58n)) + text;
    rest /= 58n;
  }
  // The prefix makes it always 48 characters.
  return (text.match(/.{1,4}/g) ?? []).join(' ');
}

/** The 32 bytes of a recovery key, whatever white space it was given with. @throws Failure recovery_key_wrong */
export function decodeRecoveryKey(text: string): Uint8Array {
  if (text.length > textCharactersMax) throw wrong('It is far too long.');
  let value = 0n;
  for (const character of text.replace(/\s/g, '')) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) throw wrong('It has a character that recovery keys do not have.');
    value = value * 58n + BigInt(digit);
  }
  const hex = value.toString(16).padStart(2 * encodedBytes, '0');
  if (hex.length !== 2 * encodedBytes) throw wrong('It is too long.');
  const bytes = Buffer.from(hex, 'hex');
  if (prefix.some((byte, index) => bytes[index] !== byte)) {
    throw wrong('It is too short, or something else.');
  }
  if (parityOf([...bytes]) !== 0) throw wrong('A character is mistyped.');
  return new Uint8Array(bytes.subarray(prefix.length, -1));
}

const parityOf = (bytes: readonly number[]): number => {
  let parity = 0;
  for (const byte of bytes) parity ^= byte;
  return parity;
};

/** Says what is wrong without a character of what was given. */
const wrong = (detail: string): Failure => new Failure('recovery_key_wrong', { detail });
