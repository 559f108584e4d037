import { parseUserId, type UserId } from './ids.ts';
import { fromText, isJsonObject, type JsonObject, objectOf, textOf } from './json.ts';

/** What of a state event says how a room is. */
export interface StateEvent {
  readonly type: string;
  readonly stateKey: string;
  readonly sender: UserId;
  /** Empty once redacted. */
  readonly content: JsonObject;
}

/** A state event as it comes from a homeserver; undefined when it lacks what every one has. */
export function stateEvent(value: unknown): StateEvent | undefined {
  if (!isJsonObject(value)) return undefined;
  const { state_key: stateKey } = value;
  const type = textOf(value['type']);
  const sender = fromText(parseUserId)(value['sender']);
  if (type === undefined || sender === undefined || typeof stateKey !== 'string') return undefined;
  return { type, stateKey, sender, content: objectOf(value['content']) ?? {} };
}
