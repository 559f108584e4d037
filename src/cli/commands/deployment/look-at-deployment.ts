import type { Plan } from '../../../deployment/plan/plan.ts';
import type { OwedPerson } from '../../../people/file/owed-people.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { callLimit } from '../call-limit.ts';
import { openDeploymentFile } from './open-deployment-file.ts';

/** What there is to do, of rooms and of people. */
export interface DeploymentLook {
  readonly plan: Plan;
  readonly people: readonly OwedPerson[];
}

/** What there is to do, without doing it. @throws Failure */
export async function lookAtDeployment(
  context: CliContext,
  globals: GlobalOptions,
  named: string | undefined,
): Promise<DeploymentLook> {
  const { config, file } = await openDeploymentFile(context, globals, named);
  const { planOnly } = await import('../../../app/deployment/plan-only.ts');
  const { peopleOwed } = await import('./people-owed.ts');
  const plan = await planOnly(file, callLimit(context));
  return { plan, people: await peopleOwed(config, file) };
}
