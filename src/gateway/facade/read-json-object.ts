import type { FastifyRequest } from 'fastify';
import { bodyOf } from '../read-body.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Refuses what is not UTF-8, as a homeserver does. */
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The value, or undefined, which no JSON text means. */
function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The body as a JSON object, whatever its Content-Type: some senders call it a form.
 *
 * @throws MatrixRefusal M_NOT_JSON, M_BAD_JSON
 */
export function readJsonObject(request: FastifyRequest): JsonObject {
  const value = parse(bodyOf(request.body));
  if (isJsonObject(value)) return value;
  if (value === undefined) throw new MatrixRefusal(400, 'M_NOT_JSON', 'Content not JSON.');
  throw new MatrixRefusal(400, 'M_BAD_JSON', 'Content must be a JSON object.');
}
