import type { Plan } from '../../../deployment/plan/plan.ts';
import { toFailure } from '../../../errors.ts';
import type { OwedPerson } from '../../../people/file/owed-people.ts';
import type { CliContext } from '../../context.ts';
import { reportFailure } from '../../failure-report.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { usesColor } from '../../uses-color.ts';

/** Something is to be done, or cannot be done. */
export const unfinishedExit = 2;
/** 2 says something here, so all failures share the one below it. */
const failedExit = 1;

/** The exit code of what is left to do: 0 nothing, 2 steps, people who are owed something, or what cannot be mended from here. */
export function planExit({ bot, steps, findings }: Plan, people: readonly OwedPerson[]): number {
  const isUnfinished =
    bot !== undefined ||
    steps.length + people.length > 0 ||
    findings.some(({ kind }) => kind === 'unfixable');
  return isUnfinished ? unfinishedExit : 0;
}

/** Runs what only looks: a failure is reported as everywhere, and exits with 1. */
export async function lookOnly(
  context: CliContext,
  globals: GlobalOptions,
  look: () => Promise<void>,
): Promise<void> {
  try {
    await look();
  } catch (thrown) {
    context.signal.throwIfAborted();
    context.stderr.write(
      reportFailure(toFailure(thrown), {
        color: usesColor(context, globals),
        verbose: globals.verbose === true,
        json: globals.json === true,
      }),
    );
    context.setExitCode(failedExit);
  }
}
