/** Deeper nesting is no event that any homeserver would take, and recursion must end. */
const depthMax = 500;
/** Contents made here are hardly nested; what is deeper is not worth looking at twice. */
const flatDepthMax = 3;

/** Code point order, which differs from JavaScript's only where surrogates meet U+E000 and above. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftIsSurrogate = left >= 0xd800 && left <= 0xdfff;
    const rightIsSurrogate = right >= 0xd800 && right <= 0xdfff;
    if (leftIsSurrogate !== rightIsSurrogate) return leftIsSurrogate ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

function writeNumber(value: number): string {
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : value.toString();
  return JSON.stringify(value.toString());
}

function isAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

function writeObject(value: object, depth: number): string {
  // Keys that only differ in broken surrogates become one key; the last one counts, as in any JSON parser.
  const members = new Map<string, unknown>();
  for (const [key, member] of Object.entries(value)) {
    if (!isAbsent(member)) members.set(key.toWellFormed(), member);
  }
  let json = '';
  for (const key of [...members.keys()].sort(byCodePoint)) {
    json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${write(members.get(key), depth)}`;
  }
  return `{${json}}`;
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.toWellFormed());
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return JSON.stringify(value.toString());
    case 'object': {
      if (value === null) return 'null';
      if (depth >= depthMax) throw new RangeError(`JSON nested deeper than ${depthMax} levels`);
      if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
      return writeObject(value, depth + 1);
    }
    case 'undefined':
    case 'function':
    case 'symbol':
      return 'null';
  }
}

/** ASCII, as all of the specification's are: their code units sort like code points. */
function isPlainKey(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > 0x7e) return false;
  return true;
}

/** Whether `JSON.stringify` writes it canonically: keys in order, whole numbers, and texts if they are well-formed. */
function isWrittenCanonically(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      return depth < flatDepthMax && !Array.isArray(value) && isInOrder(value, depth + 1);
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      return false;
  }
}

function isInOrder(value: object, depth: number): boolean {
  if ('toJSON' in value) return false;
  const members = value as Readonly<Record<string, unknown>>;
  let last = '';
  for (const key in members) {
    if (key <= last || !isPlainKey(key) || !isWrittenCanonically(members[key], depth)) return false;
    last = key;
  }
  return true;
}

/** How `JSON.stringify` begins to write a lone surrogate; it writes no other character so, but a text may hold it. */
const surrogateEscape = String.raw`\ud`;

/**
 * The value as Canonical JSON (Matrix specification, appendices §3): keys sorted by code point, no white space. What it
 * cannot hold becomes what it can: fractions and integers beyond 2^53 - 1 become strings, lone surrogates U+FFFD;
 * undefined members are left out.
 * @throws RangeError when it is nested deeper than 500 levels.
 */
export function canonicalJson(value: unknown): string {
  // Most contents are written canonically at once.
  if (!isWrittenCanonically(value, 0)) return write(value, 0);
  const json = JSON.stringify(value);
  return json.includes(surrogateEscape) ? write(value, 0) : json;
}

/** The length of the value's Canonical JSON in UTF-8 bytes. @throws RangeError as `canonicalJson`. */
export function canonicalBytes(value: unknown): number {
  return Buffer.byteLength(canonicalJson(value));
}
