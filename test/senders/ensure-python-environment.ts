import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SenderMissing } from './describe-with-sender.ts';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../.cache/senders', import.meta.url));

/** The largest is some 60 MB; a slow index may take ten times as long as a usual one. */
const installDeadlineMs = 280_000;
/** A virtual environment is made in about 3 s. */
const venvDeadlineMs = 60_000;

/**
 * The folder of the commands of these packages, in a virtual environment below the project's `.cache` that is made once.
 *
 * @param name - of the environment; another for other versions
 * @param packages - requirements with their versions, as pip understands them
 * @throws SenderMissing when there is no Python, no venv module, or no package index.
 */
export async function ensurePythonEnvironment(
  name: string,
  packages: readonly string[],
): Promise<string> {
  const home = join(cache, name);
  // Commands name their environment by its path, so it is made in place and marked when it is whole.
  const mark = join(home, 'complete');
  if (!(await exists(mark))) {
    await rm(home, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await make(home, packages);
    await writeFile(mark, '');
  }
  return join(home, 'bin');
}

async function make(home: string, packages: readonly string[]): Promise<void> {
  await run('python3', ['-m', 'venv', home], { timeout: venvDeadlineMs }).catch(
    (cause: unknown) => {
      throw new SenderMissing(`python3 cannot make an environment: ${lastLine(cause)}`, { cause });
    },
  );
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', ...packages];
  const options = { timeout: installDeadlineMs };
  await run(join(home, 'bin', 'python'), pip, options).catch((cause: unknown) => {
    throw new SenderMissing(`pip cannot install ${packages.join(' ')}: ${lastLine(cause)}`, {
      cause,
    });
  });
}

function lastLine(cause: unknown): string {
  const { stderr = '', message } = cause as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
