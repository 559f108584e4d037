import type { Problem } from './format.ts';
import { findJsonFault } from './json-fault.ts';

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Real payloads stay below 20; code that walks over values may recurse this deep. */
const depthMax = 64;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1));
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    if (isDeeper(members[name], levels - 1)) return true;
  }
  return false;
}

const bad = (message: string): JsonReading => ({
  ok: false,
  problems: [{ place: 'body', message }],
});

function faultMessage(text: string): string {
  const fault = findJsonFault(text);
  if (fault === undefined) return 'not JSON';
  const before = text.slice(0, fault.offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `not JSON: line ${line}, column ${fault.offset - lineStart + 1}: ${fault.expected}`;
}

/** A JSON text as a value nested at most 64 levels deep; else a problem with line and column, without any of the text. */
export function readJson(text: string): JsonReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad(faultMessage(text));
  }
  return isDeeper(value, depthMax)
    ? bad(`nested deeper than ${depthMax} levels; send a flatter document`)
    : { ok: true, value };
}
