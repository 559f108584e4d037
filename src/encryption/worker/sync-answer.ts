import { Failure } from '../../errors.ts';
import { isJsonObject, type JsonObject, listOf, objectOf, textOf } from '../../matrix/json.ts';
import { jsonText } from '../json-text.ts';

/** A state event, as far as keys depend on it. */
export interface StateEvent {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/** What happened in one room; the events are in the order in which they count. */
export interface RoomChanges {
  readonly roomId: string;
  /** Whether the account is in the room now. */
  readonly isJoined: boolean;
  readonly events: readonly StateEvent[];
}

/** An answer of GET /v3/sync, as far as a device needs it. */
export interface SyncAnswer {
  readonly token: string;
  /** JSON text of the list of events. */
  readonly toDevice: string;
  readonly changed: readonly string[];
  readonly left: readonly string[];
  /** Without an entry the server has none of that kind. */
  readonly keyCounts: ReadonlyMap<string, number>;
  /** Undefined: the server knows no fallback keys. */
  readonly unusedFallbackKeys: ReadonlySet<string> | undefined;
  readonly rooms: readonly RoomChanges[];
}

/**
 * Reads an answer of GET /v3/sync; what is malformed inside is left out.
 *
 * @throws Failure homeserver_unusable when it is no such answer
 */
export function readSync(body: string): SyncAnswer {
  const sync = parse(body);
  const token = textOf(sync['next_batch']);
  if (token === undefined) throw unusable(undefined);
  const lists = objectOf(sync['device_lists']);
  const fallback = listOf(sync['device_unused_fallback_key_types']);
  const counts = Object.entries(objectOf(sync['device_one_time_keys_count']) ?? {});
  return {
    token,
    toDevice: textOfList(listOf(objectOf(sync['to_device'])?.['events']) ?? []),
    changed: textsOf(lists?.['changed']),
    left: textsOf(lists?.['left']),
    keyCounts: new Map(counts.filter(isCount)),
    unusedFallbackKeys: fallback === undefined ? undefined : new Set(textsOf(fallback)),
    rooms: readRooms(objectOf(sync['rooms']) ?? {}),
  };
}

function readRooms(rooms: JsonObject): readonly RoomChanges[] {
  const changes: RoomChanges[] = [];
  for (const [section, isJoined] of [
    ['join', true],
    ['leave', false],
    ['invite', false],
    ['knock', false],
  ] as const) {
    for (const [roomId, room] of Object.entries(objectOf(rooms[section]) ?? {})) {
      if (isJsonObject(room)) changes.push({ roomId, isJoined, events: readEvents(room) });
    }
  }
  return changes;
}

/** `state` is what was before the timeline, also where the timeline was cut short. */
function readEvents(room: JsonObject): readonly StateEvent[] {
  return ['state', 'timeline'].flatMap((section) => {
    const events = listOf(objectOf(room[section])?.['events']) ?? [];
    return events.flatMap((event) => {
      const { type, state_key: stateKey, content } = objectOf(event) ?? {};
      if (typeof type !== 'string' || typeof stateKey !== 'string') return [];
      return isJsonObject(content) ? [{ type, stateKey, content }] : [];
    });
  });
}

function parse(body: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unusable(cause);
  }
  if (!isJsonObject(value)) throw unusable(undefined);
  return value;
}

function unusable(cause: unknown): Failure {
  return new Failure('homeserver_unusable', { detail: 'Its answer to /sync is none.', cause });
}

/** Without what is nested too deeply to be written: anybody may send that, and it must not hold up all else. */
function textOfList(events: readonly unknown[]): string {
  const texts = events.flatMap((event) => jsonText(event) ?? []);
  return `[${texts.join(',')}]`;
}

function textsOf(value: unknown): readonly string[] {
  return (listOf(value) ?? []).filter((text) => typeof text === 'string');
}

function isCount(entry: [string, unknown]): entry is [string, number] {
  const [, count] = entry;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0;
}
