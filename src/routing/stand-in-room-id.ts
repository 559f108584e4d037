import type { Destination } from './destination.ts';

/** SHA-256 of a text; given by the caller, as this room does no cryptography of its own. */
export type Sha256 = (text: string) => Uint8Array;

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Unpadded; the 32 bytes of a SHA-256 become 43 letters. */
function toBase64url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += base64url.charAt((bits >>> held) & 63);
    }
    bits &= (1 << held) - 1;
  }
  return held === 0 ? text : text + base64url.charAt((bits << (6 - held)) & 63);
}

/**
 * A room id for a configured room whose own is not known yet: always the same for the same account and room, and of the
 * form that room version 12 gives its ids, so that every Matrix client takes it.
 */
export function standInRoomId(
  destination: Pick<Destination, 'account' | 'room'>,
  sha256: Sha256,
): string {
  return `!${toBase64url(sha256(`${destination.account}\u0000${destination.room}`))}`;
}

/**
 * A room id for an alias, whether anything is known of it or not: always the same, so it tells strangers nothing. No account
 * has an empty name, so it is nobody's stand-in.
 */
export function aliasRoomId(alias: string, sha256: Sha256): string {
  return standInRoomId({ account: '', room: alias }, sha256);
}

/** Whether a text has the form of these ids. */
export function isStandIn(text: string): boolean {
  return /^![\w-]{43}$/.test(text);
}
