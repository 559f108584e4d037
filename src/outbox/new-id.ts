import type { Clock } from '../clock.ts';

/** Where identifiers come from. */
export interface Ids {
  /** A public notification id: a ULID (26 characters), greater than every id this source gave before. */
  notification(): string;
  /** A transaction id for an entry that has no notification id of its own to derive one from: a redrive. */
  txn(): string;
}

/** Crockford's base32: no I, L, O or U, so that people can read it aloud. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const alphabetCodes = Buffer.from(alphabet);
const bitsPerLetter = 5;
/** 48 bits of milliseconds and 80 bits of chance, as the ULID specification has it. */
const timeLetters = 10;
const randomLetters = 16;
const randomBytesCount = 10;
/** Chance is asked for in pieces, as each asking costs more than an id: a second's worth under load takes ten. */
const idsPerPiece = 100;

/** Fills `digits` with the 5-bit digits of a time, most significant first. */
function writeTime(digits: Uint8Array, ms: number): void {
  let rest = ms;
  for (let i = digits.length - 1; i >= 0; i--) {
    digits[i] = rest % 32;
    rest = Math.floor(rest / 32);
  }
}

/** Fills `digits` with 5-bit digits, most significant first. */
function writeRandom(digits: Uint8Array, bytes: Uint8Array): void {
  let bits = 0;
  let held = 0;
  let next = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= bitsPerLetter && next < digits.length) {
      held -= bitsPerLetter;
      digits[next++] = (bits >>> held) & 31;
    }
    bits &= (1 << held) - 1;
  }
}

/** Adds one; false when it wrapped around. */
function increment(digits: Uint8Array): boolean {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = (digits[i] ?? 0) + 1;
    digits[i] = digit & 31;
    if (digit < 32) return true;
  }
  return false;
}

/** Writes into `text` what is read at once: a text that grows letter by letter leaves sixteen others behind. */
function encodeDigits(digits: Uint8Array, text: Buffer): string {
  for (let i = 0; i < digits.length; i++) text[i] = alphabetCodes[digits[i] ?? 0] ?? 0;
  return text.toString('latin1');
}

/** The transaction id of a notification's entry: as unique as the notification, and readable in a homeserver's log. */
export function entryTxnId(notificationId: string, ordinal: number): string {
  return `bh-${notificationId}-${ordinal}`;
}

/**
 * Ids that sort by time and grow strictly within this source, also when the wall clock stands still or goes back.
 *
 * @param randomBytes - as many unpredictable bytes as it is asked for
 */
export function createIds(clock: Clock, randomBytes: (count: number) => Uint8Array): Ids {
  let lastMs = -1;
  const digits = new Uint8Array(timeLetters + randomLetters);
  const timeDigits = digits.subarray(0, timeLetters);
  const randomDigits = digits.subarray(timeLetters);
  const text = Buffer.alloc(digits.length);
  let piece: Uint8Array = new Uint8Array(0);
  let taken = 0;

  const takeRandom = (): Uint8Array => {
    if (taken === piece.length) {
      piece = randomBytes(idsPerPiece * randomBytesCount);
      taken = 0;
    }
    taken += randomBytesCount;
    return piece.subarray(taken - randomBytesCount, taken);
  };
  const moveTo = (ms: number): void => {
    lastMs = ms;
    writeTime(timeDigits, ms);
    writeRandom(randomDigits, takeRandom());
  };
  const next = (): string => {
    const now = clock.now();
    if (now > lastMs) moveTo(now);
    else if (!increment(randomDigits)) moveTo(lastMs + 1);
    return encodeDigits(digits, text);
  };
  return { notification: next, txn: () => `bh-${next()}` };
}
