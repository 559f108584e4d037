import { type JsonObject, objectOf } from '../../matrix/json.ts';
import { levelToSend } from '../../matrix/power.ts';
import { protectedLevels } from './server-protected-levels.ts';

/** What the specification gives where a room says nothing; with less, whoever once had power has it for ever. */
const leastDefaults: readonly (readonly [name: string, least: number])[] = [
  ['state_default', 50],
  ['ban', 50],
  ['kick', 50],
  ['redact', 50],
];

/** Who sets these decides who comes in: a room may not name them below what state takes by default. */
const entryTypes = ['m.room.join_rules', 'm.room.guest_access', 'm.room.third_party_invite'];
const entryLevel = 50;

/**
 * The defaults that somebody with power left open to those without, as they have to be; none that the file names. An
 * administrator could else keep all power past a demotion.
 */
export function fallenDefaults(
  before: JsonObject,
  named: ReadonlyMap<string, number>,
): [string, number][] {
  const fallen = leastDefaults
    .filter(([name, least]) => !named.has(name) && Number(before[name] ?? least) < least)
    .map(([name, least]): [string, number] => [name, least]);
  const isOpen = !named.has('users_default') && Number(before['users_default'] ?? 0) > 0;
  return isOpen ? [...fallen, ['users_default', 0]] : fallen;
}

/** The levels of events that have fallen, as they have to be; none that the file names. */
export function fallenEvents(
  before: JsonObject,
  named: ReadonlyMap<string, number>,
): [string, number][] {
  const events = objectOf(before['events']) ?? {};
  const fallen = [...protectedLevels].filter(
    ([type, least]) => !named.has(type) && levelToSend(type, true, before) < least,
  );
  const opened = entryTypes.filter(
    (type) => !named.has(type) && Object.hasOwn(events, type) && Number(events[type]) < entryLevel,
  );
  return [...fallen, ...opened.map((type): [string, number] => [type, entryLevel])];
}
