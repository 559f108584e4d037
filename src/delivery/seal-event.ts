import { isDeepStrictEqual } from 'node:util';
import { Failure, type FailureCode } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../matrix/json.ts';
import { cutForEncryption } from '../outbox/cut.ts';
import type { DeadReason, LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry, EventForm, Target } from '../outbox/outbox.ts';
import { classifyQuestion } from './classify.ts';
import type { ClearEvent, Encryptor } from './encryptor.ts';
import type { Setback } from './outcome.ts';
import { isEncryptable, readableContent, relationOutside } from './readable-outside.ts';
import type { Completion } from './sender.ts';

/** An entry that can never leave as it is. */
export function dead(
  reason: DeadReason,
  error: string,
): { readonly ok: false; readonly setback: Setback } {
  return { ok: false, setback: { kind: 'dead', reason, error } };
}

/** Whether an entry on its way into an encrypted room is not yet as it may leave. */
export function mustSeal(entry: ClaimedEntry, target: Target): boolean {
  if (!isEncryptable((entry.accepted ?? entry).type)) return !saysNothing(entry);
  const { sealedFor } = entry;
  return sealedFor?.roomId !== target.roomId || sealedFor.deviceId !== target.deviceId;
}

/** Whether an event that stays readable has nothing of its caller's own. */
export function saysNothing({ type, content }: EventForm): boolean {
  if (isEncryptable(type)) return false;
  const parsed = parseObject(content.toString());
  const readable = readableContent(type, parsed);
  return readable.ok && isDeepStrictEqual(readable.content, parsed);
}

/** Makes an event such that it may enter an encrypted room. It never throws for what the world answers. */
export async function sealEvent(
  event: ClearEvent,
  encryptor: Encryptor,
  signal: AbortSignal,
): Promise<Completion> {
  const parsed = parseObject(event.content);
  if (!isEncryptable(event.type)) {
    const readable = readableContent(event.type, parsed);
    if (!readable.ok) return dead('encrypted-room', readable.error);
    return { ok: true, content: JSON.stringify(readable.content), sealed: false };
  }
  const content = cutForEncryption(withRelationOutside(event.content, parsed));
  if (content === undefined)
    return dead('too-large', 'encrypted, it is larger than an event can be');
  try {
    return {
      ok: true,
      content: await encryptor.encrypt({ ...event, content }, signal),
      sealed: true,
    };
  } catch (thrown) {
    return { ok: false, setback: encryptionSetback(thrown) };
  }
}

/** Why the lane's account cannot encrypt at the moment; undefined: it can. */
export async function whatPrevents(
  encryptor: Encryptor,
  lane: LaneKey,
  signal: AbortSignal,
): Promise<Setback | undefined> {
  try {
    await encryptor.ready(lane, signal);
    return undefined;
  } catch (thrown) {
    return encryptionSetback(thrown);
  }
}

/** What relates an event to another is copied to the outside, so it is reduced to what must be there. */
function withRelationOutside(content: string, parsed: JsonObject): string {
  if (parsed['m.relates_to'] === undefined) return content;
  const { 'm.relates_to': relation, ...rest } = parsed;
  const outside = relationOutside(relation);
  return JSON.stringify(outside === undefined ? rest : { ...rest, 'm.relates_to': outside });
}

/**
 * Failures that pass by themselves, and those that say something of the account's session or of the event. A bug is one of
 * the event's, so that it does not hold its lane up for ever.
 */
const otherSetbacks: Partial<Record<FailureCode, (error: string) => Setback>> = {
  bug: (error) => ({ kind: 'failed', error, unknown: false }),
  encryption_crashed: (error) => ({ kind: 'failed', error, unknown: false }),
  shutting_down: (error) => ({ kind: 'failed', error, unknown: false }),
  homeserver_unusable: (error) => ({ kind: 'failed', error, unknown: false }),
  matrix_refused: (error) => ({ kind: 'room-closed', error }),
  undeliverable: (error) => ({ kind: 'dead', reason: 'encrypted-room', error }),
};

/** Failures that mean the same for encrypting as for anything else that needs a session or a disk. */
const sessionCodes: ReadonlySet<FailureCode> = new Set([
  'homeserver_unreachable',
  'login_refused',
  'not_logged_in',
  'not_found',
  'storage_full',
  'storage_failed',
  'storage_busy',
] as const);

function encryptionSetback(thrown: unknown): Setback {
  if (!(thrown instanceof Failure) || sessionCodes.has(thrown.code))
    return classifyQuestion(thrown);
  const error = thrown.message;
  // The engine died too often to be started now; that is no fault of this event's.
  if (thrown.retryAfterMs !== undefined) return { kind: 'cannot-encrypt', error };
  return otherSetbacks[thrown.code]?.(error) ?? { kind: 'cannot-encrypt', error };
}

function parseObject(content: string): JsonObject {
  const parsed: unknown = JSON.parse(content);
  return isJsonObject(parsed) ? parsed : {};
}
