import { Failure } from '../errors.ts';
import { understandNative } from '../formats/native.ts';
import { chosenIdempotency } from '../gateway/idempotency.ts';
import { canonicalJson } from '../notification/canonical-json.ts';
import type { Notification } from '../notification/notification.ts';
import type { Idempotency } from '../outbox/outbox.ts';

/** A message of the library that is known to be right. */
export interface LibraryMessage {
  /** What it names; undefined: the default room. */
  readonly rooms: readonly string[] | undefined;
  readonly notification: Notification;
  readonly idempotency: Idempotency | undefined;
}

/** What only the document of `POST /v1/notifications` has. */
const foreignNames = ['expire_after', 'late_after'];

/** What JSON would leave out or choke on becomes null, which the format refuses where it stands. */
function sayable(_name: string, value: unknown): unknown {
  return ['function', 'symbol', 'bigint'].includes(typeof value) ? null : value;
}

function jsonOf(document: object): string {
  try {
    return JSON.stringify(document, sayable);
  } catch (cause) {
    throw new Failure('bad_input', { problems: ['message: holds itself'], cause });
  }
}

/** What the gateway would take and this library's types do not. */
function formProblems(document: Readonly<Record<string, unknown>>): string[] {
  const problems = foreignNames
    .filter((name) => document[name] !== undefined)
    .map((name) => `/${name}: not a known name`);
  const { fields } = document;
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
    problems.push('/fields: expected a list of names with values');
  }
  return problems;
}

function keyProblems(key: unknown): string[] {
  if (key === undefined || (typeof key === 'string' && key !== '')) return [];
  return ['idempotencyKey: must be text that is not empty'];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a message as the gateway reads `POST /v1/notifications`. The order of its members does not count for its key.
 *
 * @throws Failure bad_input with everything that is wrong, each with its place
 */
export function readLibraryMessage(message: unknown): LibraryMessage {
  if (!isObject(message)) throw new Failure('bad_input', { problems: ['message: must be a map'] });
  const { idempotencyKey: key, ...document } = message;
  const understood = understandNative({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    query: {},
    body: Buffer.from(jsonOf(document)),
  });
  const problems = [...keyProblems(key), ...formProblems(document)];
  if (!understood.ok) {
    problems.push(...understood.problems.map(({ place, message: what }) => `${place}: ${what}`));
  }
  if (!understood.ok || problems.length > 0) throw new Failure('bad_input', { problems });
  const { rooms, notification } = understood;
  if (typeof key !== 'string') return { rooms, notification, idempotency: undefined };
  const body = Buffer.from(canonicalJson({ rooms, notification }));
  return {
    rooms,
    notification,
    idempotency: chosenIdempotency(key, { query: {}, body }, 'library'),
  };
}
