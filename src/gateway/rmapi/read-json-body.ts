import { findJsonFault, type JsonFault } from '../../formats/json-fault.ts';
import { RmapiRefusal } from './rmapi-refusal.ts';

/** What a request brought. */
export type JsonBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  /** Not called JSON, so not read as JSON. */
  | { readonly kind: 'text'; readonly text: string };

const jsonType = /^\s*application\/(?:json|[^\s;]+\+json)\s*(?:;|$)/i;

/** What Python says where our own walker over JSON stops, by a piece of its expectation; the first that fits. */
const faultWords: readonly (readonly [piece: string, words: string])[] = [
  ['key in double quotes', 'Expecting property name enclosed in double quotes'],
  ['a colon', "Expecting ':' delimiter"],
  ['a comma', "Expecting ',' delimiter"],
  ['the end', 'Extra data'],
  ['control character', 'Invalid control character at'],
  ['escape', 'Invalid \\escape'],
  ['inside a string', 'Unterminated string starting at'],
];

function invalidJson(text: string, { offset, expected }: JsonFault, cause: unknown): RmapiRefusal {
  const words = faultWords.find(([piece]) => expected.includes(piece))?.[1] ?? 'Expecting value';
  // Python counts characters.
  const position = [...text.slice(0, offset)].length;
  return new RmapiRefusal(
    422,
    [
      {
        type: 'json_invalid',
        loc: ['body', position],
        msg: 'JSON decode error',
        input: {},
        ctx: { error: words },
      },
    ],
    { cause },
  );
}

function notText(cause: unknown): RmapiRefusal {
  return new RmapiRefusal(400, 'There was an error parsing the body', { cause });
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notText(cause);
  }
}

/**
 * A request's body as the original reads it: JSON only if it is called so.
 *
 * @throws RmapiRefusal 422 for malformed JSON, 400 for what is not UTF-8
 */
export function readJsonBody(bytes: Buffer, contentType: string | undefined): JsonBody {
  if (bytes.length === 0) return { kind: 'none' };
  if (!jsonType.test(contentType ?? '')) return { kind: 'text', text: bytes.toString() };
  const text = decode(bytes);
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch (cause) {
    throw invalidJson(text, findJsonFault(text) ?? { offset: 0, expected: '' }, cause);
  }
}
