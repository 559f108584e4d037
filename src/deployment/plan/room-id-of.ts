import type { RoomId } from '../../matrix/ids.ts';
import { isJsonObject, type JsonObject } from '../../matrix/json.ts';

const standIn = /^!\{([a-z0-9_-]+)\}$/;

/** What stands in a plan for the id of a room that may not be there yet: no room id holds a brace. */
export function roomIdOf(key: string): string {
  return `!{${key}}`;
}

/** A text with the id in place of what stands in for it; undefined: that room is not there. */
export function withRoomId(text: string, ids: ReadonlyMap<string, RoomId>): string | undefined {
  const key = standIn.exec(text)?.[1];
  return key === undefined ? text : ids.get(key);
}

/** A content with the ids in place of what stands in for them in any `room_id`; undefined: such a room is not there. */
export function withRoomIds(
  content: JsonObject,
  ids: ReadonlyMap<string, RoomId>,
): JsonObject | undefined {
  const missing: string[] = [];
  const fill = (value: unknown, name: string): unknown => {
    if (typeof value === 'string' && name === 'room_id') {
      const text = withRoomId(value, ids);
      if (text === undefined) missing.push(value);
      return text;
    }
    if (Array.isArray(value)) return value.map((inner: unknown) => fill(inner, ''));
    return isJsonObject(value) ? fillObject(value) : value;
  };
  const fillObject = (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, fill(inner, name)]));
  const filled = fillObject(content);
  return missing.length === 0 ? filled : undefined;
}
