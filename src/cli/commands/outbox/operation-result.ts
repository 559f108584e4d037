import { Failure } from '../../../errors.ts';
import type { OperatorResult } from '../../../outbox/outbox.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';

/** What became of one entry; with `--json` it is printed as it is. */
export interface OperationResult {
  readonly id: string;
  readonly ok: boolean;
  /** The entry that took its place. */
  readonly new_id?: string | undefined;
  readonly problem?: string | undefined;
  readonly state?: string | undefined;
}

/** The result for one entry, as it is shown. */
export function operationResult(id: string, result: OperatorResult): OperationResult {
  if (!result.ok) return { id, ok: false, problem: result.problem, state: result.state };
  return { id, ok: true, new_id: result.id === id ? undefined : result.id };
}

/**
 * Shows what became of each entry: one line each on standard output.
 *
 * @throws Failure state_conflict naming those with which nothing could be done
 */
export function reportResults(
  context: CliContext,
  globals: GlobalOptions,
  done: string,
  results: readonly OperationResult[],
): void {
  for (const result of results) {
    const { id, ok, new_id: newId } = result;
    if (globals.json === true) context.stdout.write(`${JSON.stringify(result)}\n`);
    else if (ok)
      context.stdout.write(`${done} ${newId === undefined ? id : `${id} as ${newId}`}\n`);
  }
  const refused = results.filter((result) => !result.ok);
  if (refused.length === 0) return;
  const problems = refused.map(({ id, state }) => `${id}: is ${state ?? 'gone'}`);
  throw new Failure('state_conflict', { problems });
}
