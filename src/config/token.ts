/** Longer than any token that is generated; a header must carry it beside everything else. */
const lengthMax = 4096;

/** Whether an HTTP header, and so `Authorization`, can carry the text as a token: printable ASCII without spaces. */
export function isToken(text: string): boolean {
  return text.length <= lengthMax && /^[\x21-\x7e]+$/.test(text);
}
