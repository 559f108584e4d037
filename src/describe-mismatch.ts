import type { z } from 'zod';

/** What a schema expects, as people call it. */
export const typeNames: Partial<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

/** The value at a path of plain data; undefined: there is none. */
export function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    data,
  );
}

/** What a schema wants of a value that is there; goes on from the place's name, as in "must be text". */
export function describeMismatch(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return describeChoice(issue.values.map(String));
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    case 'too_small':
      return describeBound(issue.origin, `at least ${issue.minimum}`);
    case 'too_big':
      return describeBound(issue.origin, `at most ${issue.maximum}`);
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return issue.message;
  }
}

const describeChoice = (choices: readonly string[]): string =>
  choices.length === 1 ? `must be ${choices[0]}` : `must be one of: ${choices.join(', ')}`;

function describeBound(origin: string, bound: string): string {
  if (origin === 'array') return `must have ${bound} entries`;
  return origin === 'string' ? `must have ${bound} characters` : `must be ${bound}`;
}
