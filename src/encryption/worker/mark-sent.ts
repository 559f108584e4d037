import type { OlmMachine } from '@matrix-org/matrix-sdk-crypto-wasm';
import { Failure } from '../../errors.ts';
import { isJsonObject, type JsonObject, objectOf } from '../../matrix/json.ts';
import type { DeviceRequest } from '../crypto-device.ts';
import { requestTypeOf } from './device-requests.ts';
import { mendAnswer } from './mend-answer.ts';

/**
 * Gives the engine the answer to one of its requests. What another server put into it to make it unreadable is left out.
 *
 * @throws Failure homeserver_unusable when it is no such answer
 */
export async function markSent(
  machine: OlmMachine,
  { id, kind }: DeviceRequest,
  answer: string,
): Promise<void> {
  const detail = `Its answer to ${kind} is none.`;
  // The engine takes an empty answer for one that says nothing.
  if (!/^\s*\{/.test(answer)) throw new Failure('homeserver_unusable', { detail });
  try {
    await machine.markRequestAsSent(id, requestTypeOf(kind), answer);
  } catch (cause) {
    if (!isUnread(cause)) throw cause;
    await markMended(machine, { id, kind }, mendAnswer(kind, answer), cause);
  }
}

async function markMended(
  machine: OlmMachine,
  { id, kind }: Pick<DeviceRequest, 'id' | 'kind'>,
  mended: string | undefined,
  unread: unknown,
): Promise<void> {
  const detail = `Its answer to ${kind} is none.`;
  if (mended === undefined) throw new Failure('homeserver_unusable', { detail, cause: unread });
  try {
    await machine.markRequestAsSent(id, requestTypeOf(kind), mended);
  } catch (cause) {
    if (!isUnread(cause)) throw cause;
    throw new Failure('homeserver_unusable', { detail, cause });
  }
}

/** These are the engine's own words, as it has no codes. */
function isUnread(thrown: unknown): boolean {
  return /deserialization failed/i.test(String(thrown));
}

/**
 * Keeps in `silent` the users of whom an answer to a keys query says nothing, neither devices nor that their server could
 * not be reached: the engine goes on asking for them, which is right, and waiting for them, which is in vain.
 */
export function noteSilence(query: string, answer: string, silent: Set<string>): void {
  const asked = Object.keys(objectOf(parse(query)['device_keys']) ?? {});
  const { device_keys: known, failures } = parse(answer);
  for (const userId of asked) {
    const server = userId.slice(userId.indexOf(':') + 1);
    const isAnswered = Object.hasOwn(objectOf(known) ?? {}, userId);
    if (isAnswered || Object.hasOwn(objectOf(failures) ?? {}, server)) silent.delete(userId);
    else silent.add(userId);
  }
}

function parse(text: string): JsonObject {
  const value: unknown = text === '' ? {} : JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
