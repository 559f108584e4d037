import type { Field } from '../notification/notification.ts';
import { fieldOf, rowsWithin } from './fields-of.ts';
import { isBlank, type Member } from './members.ts';

/** More rows beside a message are not read at a glance. */
const rowsMax = 20;
/** The beginning of a log or a stack trace; what is longer belongs into the body. In characters. */
const textLengthMax = 2000;
/** Enough for a small object; of a large one it tells what was sent, in three lines. In characters. */
const nestedLengthMax = 300;

const isNested = ({ value }: Member): boolean => typeof value === 'object';

/** Whether it is nothing, or a text that the message says already. */
function saysNothingMore(value: unknown, said: readonly string[]): boolean {
  if (isBlank(value)) return true;
  if (typeof value === 'string') return said.includes(value.trim());
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Forms have no nested values: `fields[host]` and `fields.host` are the field `host`. */
function shownName(name: string): string {
  const [, bracketed, dotted] = /^fields(?:\[(.+)\]|\.(.+))$/isu.exec(name) ?? [];
  return bracketed ?? dotted ?? name;
}

function rowOf(member: Member): Field {
  const row = fieldOf(shownName(member.name), member.value);
  const lengthMax = isNested(member) ? nestedLengthMax : textLengthMax;
  return row.value.length <= lengthMax
    ? row
    : { name: row.name, value: `${row.value.slice(0, lengthMax).toWellFormed()}…` };
}

/**
 * What a sender said beside the names we know, so that nothing vanishes: at most 20 rows, single values before nested
 * ones, which are JSON on one line; long values are cut, credentials hidden. `said` are texts that need no row.
 */
export function unreadFields(members: readonly Member[], said: readonly string[]): Field[] {
  const telling = members.filter(({ value }) => !saysNothingMore(value, said));
  const flat = telling.filter((member) => !isNested(member));
  const nested = telling.filter(isNested);
  return rowsWithin([...flat, ...nested], rowsMax, rowOf);
}
