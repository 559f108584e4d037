import { dirname, resolve } from 'node:path';
import { type BuildContext, type Environment, resolvePath } from '../../config/build-context.ts';
import { parseYaml, type YamlFile } from '../../config/parse-yaml.ts';
import { ProblemList } from '../../config/problem-list.ts';
import { readConfigFile } from '../../config/read-config-file.ts';
import type { DesiredBot, DesiredDeployment } from '../../deployment/desired.ts';
import { type FileProblem, problemsOf } from '../../deployment/file/file-problem.ts';
import { parseDeployment } from '../../deployment/file/parse-deployment.ts';
import { Failure } from '../../errors.ts';
import { type PeopleSettings, parsePeople } from '../../people/file/parse-people.ts';
import { readPeopleSection } from '../../people/file/people-section.ts';

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

/**
 * Reads a deployment file. Relative paths in it start from its directory.
 * @throws Failure config_missing when it cannot be read; config_invalid with all that is wrong in it, each with line and
 * column.
 */
export async function readDeploymentFile(
  path: string,
  { env, cwd }: FileSurroundings,
): Promise<DeploymentFile> {
  const { text } = await readConfigFile(path, cwd);
  const yaml = parseYaml(text);
  const problems = new ProblemList(path, yaml);
  if (!yaml.usable) problems.throwIfAny();
  const parsed = parseFile(yaml);
  if (!parsed.ok) {
    for (const problem of parsed.problems) problems.report(problem.path, problem.message);
    problems.throwIfAny();
    throw new Failure('bug', { detail: 'A deployment file is refused without a reason.' });
  }
  const { desired, people } = parsed.file;
  const bot = withAbsolutePaths(desired.bot, {
    env,
    directory: dirname(resolve(cwd, path)),
    report: (place, message) => problems.report(place, message),
    has: (place) => yaml.has(place),
  });
  problems.throwIfAny();
  return { desired: { ...desired, bot }, people };
}

type ParsedFile =
  | { readonly ok: true; readonly file: DeploymentFile }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

function parseFile(yaml: YamlFile): ParsedFile {
  // An empty file lacks the same as an empty map.
  const value = yaml.data ?? {};
  const parsed = parseDeployment(value);
  if (!parsed.ok) {
    return { ok: false, problems: [...parsed.problems, ...peopleProblems(value)] };
  }
  const people = parsePeople(parsed.deployment);
  if (!people.ok) return people;
  return { ok: true, file: { desired: parsed.deployment, people: people.settings } };
}

/** What is wrong with the people by themselves: the rest of the file is wrong too, so nothing can be compared with it. */
function peopleProblems(value: unknown): FileProblem[] {
  const people = typeof value === 'object' && value !== null && 'people' in value && value.people;
  const read = readPeopleSection(people || undefined);
  if (read.ok) return [];
  return problemsOf(read.issues, people || {}).map(({ path, message }) => ({
    path: ['people', ...path],
    message,
  }));
}

function withAbsolutePaths(bot: DesiredBot, context: BuildContext): DesiredBot {
  const { registrationSecret: secret } = bot;
  const key = 'registration_secret_file';
  return {
    ...bot,
    tokenFile: resolvePath(context, bot.tokenFile, ['bot', 'token_file']),
    registrationSecret:
      secret !== undefined && 'file' in secret
        ? { file: resolvePath(context, secret.file, ['bot', key]) }
        : secret,
  };
}
