import type { z } from 'zod';

/** Where in the file: keys and list positions from the top. */
export type Place = readonly (string | number)[];

/** Something wrong in a deployment file. */
export interface FileProblem {
  readonly path: Place;
  /** Goes on from the place's name, as in "must be text". */
  readonly message: string;
}

/** Gathers what is wrong, so that it can be told at once. */
export class ProblemSink {
  readonly problems: FileProblem[] = [];

  report(path: Place, message: string): void {
    this.problems.push({ path, message });
  }
}

const typeNames: Partial<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

const isDefined = (value: unknown, path: readonly PropertyKey[]): boolean => {
  let inner: unknown = value;
  for (const part of path) {
    if (typeof inner !== 'object' || inner === null) return false;
    inner = (inner as Record<PropertyKey, unknown>)[part];
  }
  return inner !== undefined;
};

/** What a schema found wrong in `value`, as people read it. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], value: unknown): FileProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      const message = 'is not a key of the deployment file';
      return issue.keys.map((key) => ({ path: [...path, key], message }));
    }
    return [{ path, message: sentence(issue, isDefined(value, issue.path)) }];
  });
}

function sentence(issue: z.core.$ZodIssue, isThere: boolean): string {
  if (!isThere) return 'is missing';
  if (issue.code === 'invalid_type')
    return `must be ${typeNames[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') {
    return `must be one of: ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'too_small') {
    return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  }
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  return issue.message;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}
