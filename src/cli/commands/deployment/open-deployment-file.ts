import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';

/** A deployment file, and the configuration of the program that looks after it. */
export interface OpenedDeployment {
  readonly config: Config;
  readonly file: DeploymentFile;
}

/**
 * The deployment file that is named, or the one of the configuration.
 * @throws Failure config_missing, config_invalid; deployment_missing, also when neither names one; deployment_invalid with
 * all that is wrong
 */
export async function openDeploymentFile(
  context: CliContext,
  globals: GlobalOptions,
  named: string | undefined,
): Promise<OpenedDeployment> {
  const { config } = await openConfig(context, globals);
  const path = named ?? config.deploymentPath;
  if (path === undefined) {
    const detail = 'Name a deployment file, or set `deployment` in the configuration.';
    throw new Failure('deployment_missing', { detail });
  }
  const { readDeploymentFile } = await import('../../../app/deployment/read-deployment-file.ts');
  return { config, file: await readDeploymentFile(path, context) };
}
