/** An access token as it may stand in a header: visible ASCII only. */
export function parseToken(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}
