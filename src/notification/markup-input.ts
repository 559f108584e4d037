/**
 * How much markup is parsed, in UTF-16 units. No more can be shown in one event, and it bounds what hostile input
 * costs: the parsers need up to a tenth of a second for 64 Ki of the worst.
 */
export const parsedLengthMax = 65_536;

/** The text of HTML that is not parsed: without whatever looks like a tag. */
export function withoutTags(html: string): string {
  return html.replace(/<[^<>]*>/g, '');
}

/** The part of a markup text that is parsed, and the rest, which is not; never split inside a surrogate pair. */
export function markupInput(text: string): { readonly parsed: string; readonly rest: string } {
  if (text.length <= parsedLengthMax) return { parsed: text, rest: '' };
  const lineEnd = text.lastIndexOf('\n', parsedLengthMax);
  // A line end in the last quarter is a good place; a single long line is split anywhere.
  let end = lineEnd > parsedLengthMax * 0.75 ? lineEnd : parsedLengthMax;
  const unit = text.charCodeAt(end);
  if (unit >= 0xdc00 && unit <= 0xdfff) end--;
  return { parsed: text.slice(0, end), rest: text.slice(end) };
}
