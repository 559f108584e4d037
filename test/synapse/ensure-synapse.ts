import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The version whose behaviour the fake homeserver is held to. */
const synapseVersion = '1.163.2';

const run = promisify(execFile);
const projectCache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Downloading and unpacking 243 MB took 26 s; a slow index may take ten times as long. */
const installDeadlineMs = 280_000;
/** A virtual environment is made in about 3 s. */
const venvDeadlineMs = 60_000;

export interface EnsureOptions {
  /** The Python to begin with. */
  readonly python?: string;
  /** Where the virtual environment is, or is made. */
  readonly cache?: string;
}

/**
 * The Python that has Synapse, from a virtual environment below the project's `.cache` that is made once.
 * @throws Error that begins with `no Synapse:` when there is no Python, no venv module, or no package index.
 */
export async function ensureSynapse(options: EnsureOptions = {}): Promise<string> {
  const { python = 'python3', cache = projectCache } = options;
  const home = join(cache, `synapse-${synapseVersion}`);
  const installed = join(home, 'bin', 'python');
  if (await exists(installed)) return installed;
  await mkdir(cache, { recursive: true });
  // Made aside and moved into place whole, so that neither a crash nor a second run leaves half of one.
  const aside = await mkdtemp(`${home}.`);
  try {
    await make(python, aside);
    await rename(aside, home).catch((cause: unknown) => mustExist(installed, cause));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return installed;
}

async function make(python: string, directory: string): Promise<void> {
  await run(python, ['-m', 'venv', directory], { timeout: venvDeadlineMs }).catch(
    (cause: unknown) => {
      throw unavailable(venvReason(python, cause), cause);
    },
  );
  const requirement = `matrix-synapse==${synapseVersion}`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', requirement];
  const options = { timeout: installDeadlineMs };
  await run(join(directory, 'bin', 'python'), pip, options).catch((cause: unknown) => {
    throw unavailable(`pip cannot install ${requirement}: ${lastLine(cause)}`, cause);
  });
}

function venvReason(python: string, cause: unknown): string {
  const {
    code,
    stdout = '',
    stderr = '',
  } = cause as {
    code?: unknown;
    stdout?: string;
    stderr?: string;
  };
  if (code === 'ENOENT') return `there is no ${python}`;
  if (/ensurepip/.test(stdout + stderr)) {
    return `${python} -m venv lacks ensurepip (on Debian: the package python3-venv)`;
  }
  return `${python} -m venv fails: ${lastLine(cause)}`;
}

function lastLine(cause: unknown): string {
  const { stderr = '', message } = cause as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}

const unavailable = (reason: string, cause: unknown): Error =>
  new Error(`no Synapse: ${reason}`, { cause });

async function mustExist(path: string, cause: unknown): Promise<void> {
  if (!(await exists(path))) throw unavailable('its directory cannot be put in place', cause);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
