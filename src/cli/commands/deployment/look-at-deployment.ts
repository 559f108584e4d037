import type { Plan } from '../../../deployment/plan.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { callLimit } from '../call-limit.ts';
import { botNotes } from './bot-notes.ts';
import { openDeploymentFile } from './open-deployment-file.ts';

/** What there is to do, without doing it. @throws Failure */
export async function lookAtDeployment(
  context: CliContext,
  globals: GlobalOptions,
  named: string | undefined,
): Promise<Plan> {
  const { config, file } = await openDeploymentFile(context, globals, named);
  const { withDeployment } = await import('../../../app/deployment/with-deployment.ts');
  const call = {
    dataDir: config.dataDir,
    command: 'bellhop deployment',
    signal: callLimit(context),
    onStep: () => undefined,
    onEvent: botNotes(context, globals),
  };
  return await withDeployment(file, call, (deployment, within) => deployment.plan(within));
}
