import { domError } from './dom-error.ts';
import { encodeKey } from './encode-key.ts';

/** Encoded keys from `from` on, and before `before`. */
export interface KeyBounds {
  readonly from: Uint8Array;
  readonly before: Uint8Array;
}

/** Below and above every encoded key, whose first byte is a kind. */
const allKeys: KeyBounds = { from: Uint8Array.of(0x00), before: Uint8Array.of(0xff) };

/** The first bytes that come after `bytes` in the order of memcmp. */
export function bytesAfter(bytes: Uint8Array): Uint8Array {
  const after = new Uint8Array(bytes.length + 1);
  after.set(bytes);
  return after;
}

/** A range of keys, as `IDBKeyRange` of the Indexed Database API 3.0 (§4.7); all its bounds become half-open. */
export class IdbKeyRange {
  readonly lower: unknown;
  readonly upper: unknown;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;
  readonly bounds: KeyBounds;

  private constructor(
    [lower, upper]: readonly unknown[],
    [lowerOpen, upperOpen]: readonly [boolean, boolean],
    bounds: KeyBounds,
  ) {
    this.lower = lower;
    this.upper = upper;
    this.lowerOpen = lowerOpen;
    this.upperOpen = upperOpen;
    this.bounds = bounds;
  }

  static only(key: unknown): IdbKeyRange {
    return IdbKeyRange.bound(key, key);
  }

  static lowerBound(lower: unknown, open = false): IdbKeyRange {
    const from = fromKey(encodeKey(lower), open);
    return new IdbKeyRange([lower], [open, true], { from, before: allKeys.before });
  }

  static upperBound(upper: unknown, open = false): IdbKeyRange {
    const before = beforeKey(encodeKey(upper), open);
    return new IdbKeyRange([undefined, upper], [true, open], { from: allKeys.from, before });
  }

  static bound(lower: unknown, upper: unknown, lowerOpen = false, upperOpen = false): IdbKeyRange {
    const low = encodeKey(lower);
    const high = encodeKey(upper);
    const order = Buffer.compare(low, high);
    if (order > 0 || (order === 0 && (lowerOpen || upperOpen))) {
      throw domError('DataError', 'The lower bound is above the upper one.');
    }
    const bounds = { from: fromKey(low, lowerOpen), before: beforeKey(high, upperOpen) };
    return new IdbKeyRange([lower, upper], [lowerOpen, upperOpen], bounds);
  }
}

const fromKey = (key: Uint8Array, open: boolean): Uint8Array => (open ? bytesAfter(key) : key);
const beforeKey = (key: Uint8Array, open: boolean): Uint8Array => (open ? key : bytesAfter(key));

/**
 * The bounds that a key or a range means.
 * @throws DOMException DataError: it is neither
 */
export function boundsOf(query: unknown): KeyBounds {
  if (query instanceof IdbKeyRange) return query.bounds;
  const from = encodeKey(query);
  return { from, before: bytesAfter(from) };
}

/** As `boundsOf`, where nothing means everything. */
export function boundsOrAll(query: unknown): KeyBounds {
  return query === undefined || query === null ? allKeys : boundsOf(query);
}
