/** A line end is a good place to cut unless it throws away more than half of what would fit. */
const keptShareMin = 0.5;
/** Longer clusters (stacked accents) are cut apart rather than searched for their ends, in UTF-16 units. */
const clusterLengthMax = 256;

function unitBytes(unit: number): number {
  if (unit < 0x20) {
    // JSON has short escapes for backspace, tab, line feed, form feed and carriage return; the others are \u00XX.
    return unit === 8 || unit === 9 || unit === 10 || unit === 12 || unit === 13 ? 2 : 6;
  }
  if (unit < 0x80) return unit === 0x22 || unit === 0x5c ? 2 : 1;
  if (unit < 0x800) return 2;
  // Each half of a surrogate pair stands for two of its four bytes.
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
}

/** How many UTF-8 bytes the well-formed text needs inside a JSON string. */
export function jsonTextBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += unitBytes(text.charCodeAt(i));
  return bytes;
}

/** How many UTF-16 units of the text fit into that many JSON bytes. */
function fittingLength(text: string, bytesMax: number): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    bytes += unitBytes(text.charCodeAt(i));
    if (bytes > bytesMax) return i;
  }
  return text.length;
}

/** The largest end ≤ `end` that is no middle of a character as people see it. */
function characterEnd(text: string, end: number): number {
  const start = Math.max(0, end - clusterLengthMax);
  const window = text.slice(start, end + clusterLengthMax);
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const found = segmenter.segment(window).containing(end - start)?.index ?? 0;
  if (found > 0 || start === 0) return start + found;
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff ? end - 1 : end;
}

/**
 * The beginning of a well-formed text that needs at most `bytesMax` bytes inside a JSON string: cut at a line end where
 * that costs at most half, else between two characters. The line end itself is not part of it.
 */
export function cutText(text: string, bytesMax: number): string {
  const fitting = fittingLength(text, bytesMax);
  if (fitting === text.length) return text;
  const lineEnd = text.lastIndexOf('\n', fitting);
  if (lineEnd >= fitting * keptShareMin) return text.slice(0, lineEnd);
  return text.slice(0, characterEnd(text, fitting));
}
