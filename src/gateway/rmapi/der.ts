/** One element of DER (X.690): its tag, its content, and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** The length of a content and of what states it; undefined: not stated as DER does, or of 4 GiB and more. */
function readLength(bytes: Uint8Array): { length: number; stated: number } | undefined {
  const first = bytes[1];
  if (first === undefined || first === 0x80 || first > 0x84) return undefined;
  if (first < 0x80) return { length: first, stated: 1 };
  const octets = bytes.subarray(2, 2 + (first & 0x7f));
  const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { length, stated: 1 + octets.length };
}

/** The elements that follow one another in `bytes`, at most `countMax`; undefined: it is no DER. */
export function derElements(bytes: Uint8Array, countMax: number): DerElement[] | undefined {
  const elements: DerElement[] = [];
  let rest = bytes;
  while (rest.length > 0 && elements.length < countMax) {
    const read = readLength(rest);
    if (read === undefined) return undefined;
    const start = 1 + read.stated;
    const end = start + read.length;
    if (end > rest.length) return undefined;
    const whole = rest.subarray(0, end);
    elements.push({ tag: whole[0] ?? 0, content: whole.subarray(start), whole });
    rest = rest.subarray(end);
  }
  return elements;
}
