import type { Plan } from '../../../deployment/plan/plan.ts';
import { Failure } from '../../../errors.ts';
import type { OwedPerson } from '../../../people/file/owed-people.ts';
import { printableLine } from '../../../printable-line.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { writeNote } from '../../results.ts';
import { callLimit } from '../call-limit.ts';
import { type OpenedDeployment, openDeploymentFile } from './open-deployment-file.ts';

/** What there is to do, of rooms and of people. */
export interface DeploymentLook {
  readonly plan: Plan;
  /** Undefined: they cannot be read. */
  readonly people: readonly OwedPerson[] | undefined;
}

/** What there is to do, without doing it; where people cannot be read, a note says why. @throws Failure */
export async function lookAtDeployment(
  context: CliContext,
  globals: GlobalOptions,
  named: string | undefined,
): Promise<DeploymentLook> {
  const opened = await openDeploymentFile(context, globals, named);
  const { planOnly } = await import('../../../app/deployment/plan-only.ts');
  const plan = await planOnly(opened.file, callLimit(context));
  return { plan, people: await lookAtPeople(context, globals, opened) };
}

/** Whoever may look at the homeserver need not be who may look into the data directory. */
async function lookAtPeople(
  context: CliContext,
  globals: GlobalOptions,
  { config, file }: OpenedDeployment,
): Promise<OwedPerson[] | undefined> {
  const { peopleOwed } = await import('./people-owed.ts');
  try {
    return await peopleOwed(config, file);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const note = `The people cannot be read, so only the rooms are shown: ${thrown.message}`;
    // A file without people has most likely never had any.
    if (file.people.declared.size > 0) writeNote(context, globals, printableLine(note));
    return undefined;
  }
}
