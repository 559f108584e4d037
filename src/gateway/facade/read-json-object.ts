import type { FastifyRequest } from 'fastify';
import type { Problem } from '../../formats/format.ts';
import { readJson } from '../../formats/read-json.ts';
import { readText } from '../../formats/read-text.ts';
import { bodyOf } from '../read-body.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value, or undefined, which no JSON text means. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A homeserver's words, and where the fault is. */
function notJson(problems: readonly Problem[]): MatrixRefusal {
  const where = problems.map(({ message }) => message).join('; ');
  return new MatrixRefusal(400, 'M_NOT_JSON', `Content not JSON. The body is ${where}`);
}

/**
 * The body as a JSON object, whatever its Content-Type: some senders call it a form.
 *
 * @throws MatrixRefusal M_NOT_JSON, M_BAD_JSON
 */
export function readJsonObject(request: FastifyRequest): JsonObject {
  const reading = readText(bodyOf(request.body));
  if (!reading.ok) throw notJson(reading.problems);
  const value = parse(reading.text);
  if (isJsonObject(value)) return value;
  if (value !== undefined) {
    throw new MatrixRefusal(400, 'M_BAD_JSON', 'Content must be a JSON object.');
  }
  const fault = readJson(reading.text);
  throw notJson(fault.ok ? [] : fault.problems);
}
