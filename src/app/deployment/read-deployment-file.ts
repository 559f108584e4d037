import { dirname, resolve } from 'node:path';
import {
  type BuildContext,
  type Environment,
  resolvePath,
  resolveSecretPath,
} from '../../config/build-context.ts';
import { parseYaml } from '../../config/parse-yaml.ts';
import { ProblemList } from '../../config/problem-list.ts';
import { readConfigFile } from '../../config/read-config-file.ts';
import type { DesiredBot, DesiredDeployment } from '../../deployment/desired.ts';
import { Failure, type FailureCode, toFailure } from '../../errors.ts';
import type { PeopleSettings } from '../../people/file/parse-people.ts';
import { readDeploymentFileContent } from './read-deployment-file-content.ts';

/** A deployment file: its rooms, and its people. */
export interface DeploymentFile {
  /** Its paths are absolute. */
  readonly desired: DesiredDeployment;
  readonly people: PeopleSettings;
}

/** What surrounds a deployment file. */
export interface FileSurroundings {
  readonly env: Environment;
  /** What the path is relative to, absolute. */
  readonly cwd: string;
}

/** What a configuration file is refused with, and what a deployment file is: their ways out differ. */
const codes: Partial<Record<FailureCode, FailureCode>> = {
  config_missing: 'deployment_missing',
  config_invalid: 'deployment_invalid',
};

async function readText(path: string, cwd: string): Promise<string> {
  try {
    return (await readConfigFile(path, cwd)).text;
  } catch (error) {
    throw ofDeployment(toFailure(error));
  }
}

function ofDeployment({ code, detail, problems, cause }: Failure): Failure {
  const known = detail === undefined ? { problems } : { detail, problems };
  return new Failure(codes[code] ?? code, { ...known, cause });
}

/**
 * Reads a deployment file. Relative paths in it start from its directory.
 * @throws Failure deployment_missing when it cannot be read; deployment_invalid with all that is wrong in it, each with
 * line and column.
 */
export async function readDeploymentFile(
  path: string,
  { env, cwd }: FileSurroundings,
): Promise<DeploymentFile> {
  const yaml = parseYaml(await readText(path, cwd));
  const problems = new ProblemList(path, yaml);
  const refuseMistakes = (): void => problems.throwIfAny('deployment_invalid');
  if (!yaml.usable) refuseMistakes();
  // An empty file lacks the same as an empty map.
  const parsed = readDeploymentFileContent(yaml.data ?? {});
  if (!parsed.ok) {
    for (const problem of parsed.problems) problems.report(problem.path, problem.message);
    refuseMistakes();
    throw new Failure('bug', { detail: 'A deployment file is refused without a reason.' });
  }
  const { desired, people } = parsed;
  const bot = withAbsolutePaths(desired.bot, {
    env,
    directory: dirname(resolve(cwd, path)),
    report: (place, message) => problems.report(place, message),
    has: (place) => yaml.has(place),
  });
  refuseMistakes();
  return { desired: { ...desired, bot }, people };
}

function withAbsolutePaths(bot: DesiredBot, context: BuildContext): DesiredBot {
  const { registrationSecret: secret } = bot;
  const tokenFile = resolvePath(context, bot.tokenFile, ['bot', 'token_file']);
  if (secret === undefined || !('file' in secret)) return { ...bot, tokenFile };
  const file = resolveSecretPath(context, secret.file);
  if (file === tokenFile) {
    const message = "is the file of the registration secret, which the bot's token would replace";
    context.report(['bot', 'token_file'], message);
  }
  return { ...bot, tokenFile, registrationSecret: { file } };
}
