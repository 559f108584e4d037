import { valueAt } from '../describe-mismatch.ts';
import { type FileInput, fileSchema } from './config-schema.ts';
import { describeIssue, type IssueProblem } from './describe-issue.ts';
import type { Path } from './place.ts';

/** A wrong value, the entry that lacks it, that entry's section, the whole file: no fifth step up exists. */
const roundsMax = 5;

export interface CheckedFile {
  /** What is right in the file; what is wrong is left out. Undefined: nothing is right. */
  readonly input: FileInput | undefined;
  readonly problems: readonly IssueProblem[];
}

/**
 * Checks every value of the file against its type. Wrong ones are reported and then left out, so that names can be
 * checked against each other in the same run.
 */
export function checkFile(data: unknown): CheckedFile {
  // An empty file is a file without settings.
  let rest: unknown = structuredClone(data ?? {});
  let problems: readonly IssueProblem[] | undefined;
  for (let round = 0; round < roundsMax; round++) {
    const result = fileSchema.safeParse(rest);
    if (result.success) return { input: result.data, problems: problems ?? [] };
    const found = result.error.issues.flatMap((issue) => describeIssue(issue, rest));
    // Later rounds only find the gaps that earlier ones have left.
    problems ??= found;
    for (const { path } of found) rest = leaveOut(rest, path);
  }
  return { input: undefined, problems: problems ?? [] };
}

/** Without the value at the path, or the list that it is part of, or, where there is no value, what lacks it. */
function leaveOut(data: unknown, path: Path): unknown {
  const listAt = path.findIndex((part) => typeof part === 'number');
  let target = listAt === -1 ? path : path.slice(0, listAt);
  if (valueAt(data, target) === undefined) target = target.slice(0, -1);
  const key = target.at(-1);
  if (key === undefined) return {};
  const parent = valueAt(data, target.slice(0, -1));
  if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, key);
  return data;
}
