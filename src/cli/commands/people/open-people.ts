import { join, resolve } from 'node:path';
import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import { isThere } from '../../../store/data-dir.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';

/** The option of the commands that look at people, and of `approve`. */
export const dataDirOption = [
  '--data-dir <dir>',
  'the people of the `bellhop rmapi` that has this data directory',
] as const;

export interface PeopleOptions {
  readonly dataDir?: string;
}

/** Where people are written down, and what they may be. */
export interface OpenedPeople {
  readonly config: Config;
  readonly file: DeploymentFile;
}

/** Either makes an environment that of `bellhop rmapi`. */
const rmapiMarks = ['SYNAPSE_REGISTRATION_SECRET', 'SYNAPSE_TOKEN_FILE'];

/**
 * The people of the configuration's deployment file; where it names none, or with `--data-dir`, those of `bellhop rmapi`.
 * @throws Failure config_missing, config_invalid; deployment_missing where there are neither, deployment_invalid; not_found
 * for a directory that is no data directory
 */
export async function openPeople(
  context: CliContext,
  globals: GlobalOptions,
  { dataDir }: PeopleOptions,
): Promise<OpenedPeople> {
  const { config } = await openConfig(context, globals);
  if (dataDir === undefined && config.deploymentPath !== undefined) {
    const { readDeploymentFile } = await import('../../../app/deployment/read-deployment-file.ts');
    return { config, file: await readDeploymentFile(config.deploymentPath, context) };
  }
  const { cwd, env } = context;
  const { rmapiLedger } = await import('../../../app/rmapi/rmapi-ledger.ts');
  const rmapi = rmapiLedger(env);
  const dir = resolve(cwd, dataDir ?? rmapi.dataDir);
  const hasLedger = isThere(join(dir, 'outbox.db'));
  if (dataDir !== undefined && !hasLedger) {
    throw new Failure('not_found', { detail: `${dir} is no data directory: it has no outbox.db.` });
  }
  if (!hasLedger && rmapiMarks.every((name) => (env[name] ?? '') === '')) {
    throw new Failure('deployment_missing', {
      detail: `The configuration names no \`deployment\`, and \`bellhop rmapi\` keeps nothing in ${dir}. Of that, name the data directory with \`--data-dir\`.`,
    });
  }
  return { config: { ...config, dataDir: dir }, file: rmapi.file };
}
