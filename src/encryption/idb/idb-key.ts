/** What IndexedDB takes as a key (Indexed Database API 3.0 §2.4), in ascending order of its kinds; binary keys come back as ArrayBuffer. */
export type IdbKey = number | Date | string | ArrayBuffer | IdbKey[];

/** First byte of an encoded key: the order of the kinds. */
export const keyKinds = {
  number: 0x10,
  date: 0x20,
  string: 0x30,
  binary: 0x40,
  array: 0x50,
} as const;

/** Ends a string, a byte sequence or an array; nothing inside them begins with it. */
export const keyEnd = 0x00;

/**
 * Units (UTF-16, or bytes) take one byte up to `shortMax`, two up to `middleMax`, else three. The first byte tells how
 * many, keeps the order, and is never `keyEnd`.
 */
export const unitSteps = { shortMax: 0x7e, middleMax: 0x407e } as const;

/** First byte of a unit of two bytes, and of three. */
export const unitTags = { middle: 0x80, long: 0xc0 } as const;
