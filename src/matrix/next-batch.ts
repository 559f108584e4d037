/** Longer than any spelling of the key with escapes. */
const keyCharactersMax = 64;

/**
 * The `next_batch` at the top of a `/sync` answer, found without parsing the rest: homeservers put it first, and the
 * answer may be megabytes. Undefined: it has none.
 */
export function nextBatch(body: string): string | undefined {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const character = body.charAt(at);
    depth += steps[character] ?? 0;
    if (character !== '"') continue;
    const end = stringEnd(body, at);
    const token = depth === 1 ? tokenAfter(body, at, end) : undefined;
    if (token !== undefined) return token;
    at = end - 1;
  }
  return undefined;
}

const steps: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 };

/** Where the string that begins at `start` is over. */
function stringEnd(body: string, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === '\\') at++;
    else if (body[at] === '"') return at + 1;
  }
  return body.length;
}

/** The text that belongs to the key between `start` and `end`, if it is the one that is sought. */
function tokenAfter(body: string, start: number, end: number): string | undefined {
  if (end - start > keyCharactersMax || textOf(body, start, end) !== 'next_batch') return undefined;
  const [between] = /^\s*:\s*/.exec(body.slice(end, end + keyCharactersMax)) ?? [];
  if (between === undefined) return undefined;
  const from = end + between.length;
  return body[from] === '"' ? textOf(body, from, stringEnd(body, from)) : undefined;
}

function textOf(body: string, start: number, end: number): string | undefined {
  try {
    const value: unknown = JSON.parse(body.slice(start, end));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
