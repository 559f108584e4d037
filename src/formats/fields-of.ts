import { cleanLine, cleanText } from '../notification/clean-text.ts';
import type { Field } from '../notification/notification.ts';
import { hideSecret } from './hide-secret.ts';
import { isBlank, membersOf, scalar } from './members.ts';
import { compactJson } from './shown-json.ts';

/** More rows are no table a person reads in a chat. */
const fieldsMax = 100;
/** What the outbox keeps of a name, in characters. */
const nameLengthMax = 255;

/**
 * A row, its name one line of at most 255 characters and both clean; a nested value is JSON on one line. A value that
 * looks like a credential is hidden: hooks take whatever a product dumps, so nobody named it with a room in mind.
 */
export function fieldOf(name: string, value: unknown): Field {
  const shown = hideSecret(name, value);
  return {
    name: cleanLine(name).slice(0, nameLengthMax).toWellFormed(),
    value: cleanText(scalar(shown) ?? compactJson(shown)),
  };
}

/** The rows of these items; if they are more than `rowsMax`, the last row counts those that are left out. */
export function rowsWithin<Item>(
  items: readonly Item[],
  rowsMax: number,
  rowOf: (item: Item) => Field,
): Field[] {
  if (items.length <= rowsMax) return items.map(rowOf);
  const more = { name: '…', value: `${items.length - rowsMax + 1} more` };
  return [...items.slice(0, rowsMax - 1).map(rowOf), more];
}

type Row = readonly [name: string, value: unknown];

/** The first of these members that says something. */
function oneOf(item: object, names: readonly string[]): unknown {
  const members = membersOf(item);
  return names
    .map((name) => members.get(name)?.value)
    .find((value) => value !== undefined && !isBlank(value));
}

function rowOf(item: unknown): Row | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const name = scalar(oneOf(item, ['name', 'title', 'key', 'label']));
  const value = oneOf(item, ['value', 'text']);
  return name === undefined || cleanLine(name) === '' || value === undefined
    ? undefined
    : [name, value];
}

function rowsOf(value: unknown): readonly Row[] {
  if (Array.isArray(value)) return value.map(rowOf).filter((row) => row !== undefined);
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** A list of named values, or an object's members, as rows; more than 100 are counted in the last one. */
export function fieldsOf(value: unknown): Field[] {
  return rowsWithin(rowsOf(value), fieldsMax, ([name, member]) => fieldOf(name, member));
}
