import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import { differences, type LevelChange } from './power.ts';

/** What of a change to power levels somebody may make, and what not. */
export interface WithinPower {
  /** The levels with the changes that are allowed, and without those that are not. */
  readonly content: JsonObject;
  readonly refused: readonly LevelChange[];
}

/**
 * A change to a room's power levels, cut down to what a user of this power may change (authorization rules for
 * `m.room.power_levels`, room version 10 and later): no level above the own, before or after, and nobody else whose
 * level reaches the own. A room without power levels takes any first ones.
 */
export function withinPower(
  power: number,
  userId: UserId,
  before: JsonObject | undefined,
  after: JsonObject,
): WithinPower {
  if (before === undefined) return { content: after, refused: [] };
  const refused = differences(before, after).filter((change) => !mayChange(power, userId, change));
  let content = after;
  for (const change of refused) content = undone(content, change);
  return { content, refused };
}

const numberIn = (value: unknown): number | undefined =>
  value === undefined ? undefined : Number(value);

function mayChange(power: number, userId: UserId, { path, before, after }: LevelChange): boolean {
  const [from, to] = [numberIn(before), numberIn(after)];
  if (to !== undefined && !(to <= power)) return false;
  if (from === undefined) return true;
  const isAnothersLevel = path[0] === 'users' && path[1] !== userId;
  return isAnothersLevel ? from < power : from <= power;
}

function undone(content: JsonObject, { path, before }: LevelChange): JsonObject {
  const [name, inner] = path;
  if (inner === undefined) return withValue(content, name, before);
  const map = content[name];
  const old: JsonObject = typeof map === 'object' && map !== null ? (map as JsonObject) : {};
  return { ...content, [name]: withValue(old, inner, before) };
}

function withValue(object: JsonObject, name: string, value: unknown): JsonObject {
  const { [name]: _, ...rest } = object;
  return value === undefined ? rest : { ...rest, [name]: value };
}
