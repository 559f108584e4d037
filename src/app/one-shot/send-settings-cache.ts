import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findConfigPath } from '../../config/find-config-path.ts';
import { readCacheFile, writeCacheFile } from './cache-file.ts';
import type { SendProcess } from './run-send.ts';
import type { SendSettings } from './send-settings.ts';
import { shortHash } from './short-hash.ts';

/** Raised whenever the form of the kept settings changes. */
const formatVersion = 3;

interface Kept {
  /** Everything that the settings were made from: they hold only while it is the same. */
  readonly stamp: string;
  readonly settings: SendSettings;
}

/** The home directory as `os.homedir` has it, which is loaded only where the environment does not say. */
function homeOf({ env }: SendProcess): string {
  const named = globalThis.process.platform === 'win32' ? undefined : env['HOME'];
  return named ?? globalThis.process.getBuiltinModule('node:os').homedir();
}

/** The configuration file to use, as it was named or found; undefined: there is none. */
function configPath(named: string | undefined, process: SendProcess): string | undefined {
  const { env } = process;
  return findConfigPath(named, { env, cwd: process.cwd(), home: homeOf(process) });
}

/** What of the environment changes the settings. */
function relevantEnvironment(env: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith('BELLHOP_') || name.startsWith('XDG_') || name.endsWith('_DIRECTORY'),
  );
  return names.sort().map((name) => `${name}=${env[name]}`);
}

/** What tells that a file is still the same; undefined: it is not there, or nobody may look at it. */
function fileStamp(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return undefined;
  }
}

/** As `Kept.stamp`; undefined: there is no telling. `path` is absolute. */
function stampOf(path: string | undefined, process: SendProcess): string | undefined {
  const file = path === undefined ? '' : fileStamp(path);
  if (file === undefined) return undefined;
  const environment = relevantEnvironment(process.env);
  const parts = [
    String(formatVersion),
    // Relative paths in the environment start from here; those of a file do not.
    path === undefined || environment.length > 0 ? process.cwd() : '',
    path ?? '',
    file,
    ...environment,
  ];
  return parts.join('\n');
}

function cacheFile(path: string | undefined, process: SendProcess): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homeOf(process), '.cache');
  const name = shortHash(path ?? process.cwd());
  return join(base, 'bellhop', `send-${name}.json`);
}

function readKept(file: string, stamp: string): SendSettings | undefined {
  try {
    const kept = JSON.parse(readCacheFile(file)?.toString() ?? 'null') as Kept | null;
    return kept?.stamp === stamp ? kept.settings : undefined;
  } catch {
    return undefined;
  }
}

const holdsSecrets = (settings: SendSettings): boolean =>
  settings.accounts.some(({ accessToken, password }) =>
    [accessToken, password].some((secret) => secret !== undefined && 'inline' in secret),
  );

/** Secrets written in the configuration or the environment themselves are never copied: then nothing is kept. */
function keep(file: string, kept: Kept): void {
  if (!holdsSecrets(kept.settings)) writeCacheFile(file, () => JSON.stringify(kept));
}

/**
 * What `send` needs of the configuration. Reading and checking YAML takes several times as long as sending, so what comes
 * out of it is kept, and holds as long as the file and the environment stay the same.
 *
 * @throws Failure config_invalid, config_missing
 */
export async function loadSendSettings(
  named: string | undefined,
  process: SendProcess,
): Promise<SendSettings> {
  const found = configPath(named, process);
  const path = found === undefined ? undefined : resolve(process.cwd(), found);
  const stamp = stampOf(path, process);
  const file = cacheFile(path, process);
  const kept = stamp === undefined ? undefined : readKept(file, stamp);
  if (kept !== undefined) return kept;
  const { readSendSettings } = await import('./read-send-settings.ts');
  const settings = await readSendSettings(found, process);
  if (stamp !== undefined) keep(file, { stamp, settings });
  return settings;
}
