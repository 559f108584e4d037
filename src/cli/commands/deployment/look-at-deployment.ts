import type { Plan } from '../../../deployment/plan/plan.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { callLimit } from '../call-limit.ts';
import { openDeploymentFile } from './open-deployment-file.ts';

/** What there is to do, without doing it. @throws Failure */
export async function lookAtDeployment(
  context: CliContext,
  globals: GlobalOptions,
  named: string | undefined,
): Promise<Plan> {
  const { file } = await openDeploymentFile(context, globals, named);
  const { planOnly } = await import('../../../app/deployment/plan-only.ts');
  return await planOnly(file, callLimit(context));
}
