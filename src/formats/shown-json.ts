/** Payloads carry their owner's credentials (Uptime Kuma's monitors do); a room is no place for them. */
const secretKey =
  /pass(?:word|wd|phrase)?$|secret|token|api_?-?key|authorization|credential|private_?-?key|cookie/i;
const hidden = '(hidden)';
/** Indentation may make a text this many times longer before it is left out. */
const growthMax = 4;
/** Short texts are always indented, in characters. */
const shortLength = 1024;

function hide(key: string, value: unknown): unknown {
  const mayBeSecret = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return mayBeSecret && secretKey.test(key) ? hidden : value;
}

/** The object with every member hidden that looks like a credential. */
export function withoutSecrets(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hide(key, member)]));
}

/** A JSON value as people read it: indented unless that blows it up; what looks like a credential is hidden. */
export function shownJson(value: unknown): string {
  const compact = JSON.stringify(value, hide);
  const indented = compact.length > growthMax * 65_536 ? compact : JSON.stringify(value, hide, 2);
  return indented.length <= growthMax * compact.length + shortLength ? indented : compact;
}
