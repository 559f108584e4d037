import type { z } from 'zod';
import { describeMismatch, valueAt } from '../../describe-mismatch.ts';

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

/** What a schema found wrong in `value`, as people read it. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], value: unknown): FileProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      const message = 'is not a key of the deployment file';
      return issue.keys.map((key) => ({ path: [...path, key], message }));
    }
    const isThere = valueAt(value, path) !== undefined;
    return [{ path, message: isThere ? describe(issue) : 'is missing' }];
  });
}

/** What a schema itself says of a value's type says more than the type's name. */
function describe(issue: z.core.$ZodIssue): string {
  const isOwn = issue.code === 'invalid_type' && issue.message.startsWith('must ');
  return isOwn ? issue.message : describeMismatch(issue);
}
