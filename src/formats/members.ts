import { cleanText } from '../notification/clean-text.ts';

/** One member of an object, form or query, its name as it was sent. */
export interface Member {
  readonly name: string;
  readonly value: unknown;
}

/** A sender's members by their names in lower case. */
export type Members = ReadonlyMap<string, Member>;

/** The members of an object, or the fields of a form or query; of equal names the first counts. */
export function membersOf(object: object): Members {
  const members = new Map<string, Member>();
  for (const [name, value] of Object.entries(object)) {
    const lower = name.toLowerCase();
    if (value !== null && value !== undefined && !members.has(lower)) {
      members.set(lower, { name, value });
    }
  }
  return members;
}

/** A text, number or boolean as text; undefined for all else. */
export function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Whether it is a text that shows nothing. */
export function isBlank(value: unknown): boolean {
  return typeof value === 'string' && cleanText(value).trim() === '';
}
