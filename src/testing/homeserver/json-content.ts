import { isUtf8 } from 'node:buffer';
import { type JsonObject, Refusal } from './reply.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A request body as a JSON object, whatever its Content-Type says.
 * @throws Refusal 400 `M_NOT_JSON` or `M_BAD_JSON` in Synapse's words.
 */
export function parseJsonObject(body: Buffer): JsonObject {
  const value = parseJson(body);
  if (!isObject(value)) throw new Refusal(400, 'M_BAD_JSON', 'Content must be a JSON object.');
  return value;
}

/** Like `parseJsonObject`, for calls that take an empty body, or `null`, as no fields at all. */
export function parseOptionalJsonObject(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  const value = parseJson(body);
  return isObject(value) ? value : {};
}

function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw notJson(undefined);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw notJson(cause);
    throw cause;
  }
}

const notJson = (cause: unknown): Refusal =>
  new Refusal(400, 'M_NOT_JSON', 'Content not JSON.', { cause });

/**
 * Refuses what canonical JSON cannot hold (appendices §3.1), judged as Synapse does: floats and integers from 2^53 on
 * with 400, a lone surrogate with a 500 every time.
 */
export function checkCanonical(content: JsonObject, body: Buffer): void {
  const found = scan(content, { number: false, illFormed: false });
  if (found.number) checkNumbers(body.toString('utf8'));
  if (found.illFormed) throw new Refusal(500, 'M_UNKNOWN', 'Internal server error');
}

interface Found {
  number: boolean;
  illFormed: boolean;
}

function scan(value: unknown, found: Found): Found {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) found.illFormed = true;
  } else if (typeof value === 'number') {
    found.number = true;
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!key.isWellFormed()) found.illFormed = true;
      scan(member, found);
    }
  }
  return found;
}

/** Looks at the text, because a parsed 1.0 and 1 are the same, and so are 2^53 and 2^53 + 1. */
function checkNumbers(text: string): void {
  const withoutStrings = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const [token] of withoutStrings.matchAll(/-?\d[\d.eE+-]*/g)) {
    if (/[.eE]/.test(token)) throw new Refusal(400, 'M_BAD_JSON', 'Bad JSON value: float');
    if (!Number.isSafeInteger(Number(token))) {
      throw new Refusal(400, 'M_BAD_JSON', 'JSON integer out of range');
    }
  }
}
