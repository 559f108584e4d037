import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configPaths } from '../../config/config-paths.ts';
import { readCacheFile, writeCacheFile } from './cache-file.ts';
import type { SendProcess } from './run-send.ts';
import type { SendSettings } from './send-settings.ts';
import { shortHash } from './short-hash.ts';

/** Raised whenever the form of the kept settings changes. */
const formatVersion = 2;

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

/** The configuration file that would be used, without asking whether its content is well. */
function configPath(named: string | undefined, process: SendProcess): string | undefined {
  const { env } = process;
  const explicit = named ?? (env['BELLHOP_CONFIG'] || undefined);
  const candidates =
    explicit === undefined
      ? configPaths({ env, cwd: process.cwd(), home: homeOf(process) })
      : [explicit];
  return candidates
    .map((path) => resolve(process.cwd(), path))
    .find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** What of the environment changes the settings. */
function relevantEnvironment(env: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith('BELLHOP_') || name.startsWith('XDG_') || name.endsWith('_DIRECTORY'),
  );
  return names.sort().map((name) => `${name}=${env[name]}`);
}

function stampOf(path: string | undefined, process: SendProcess): string {
  const file = path === undefined ? undefined : statSync(path, { bigint: true });
  const environment = relevantEnvironment(process.env);
  const parts = [
    String(formatVersion),
    // Relative paths in the environment start from here; those of a file do not.
    path === undefined || environment.length > 0 ? process.cwd() : '',
    path ?? '',
    file === undefined ? '' : `${file.ino}:${file.size}:${file.mtimeNs}:${file.ctimeNs}`,
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
  const path = configPath(named, process);
  const stamp = stampOf(path, process);
  const file = cacheFile(path, process);
  const kept = readKept(file, stamp);
  if (kept !== undefined) return kept;
  const { readSendSettings } = await import('./read-send-settings.ts');
  const settings = await readSendSettings(named, process);
  keep(file, { stamp, settings });
  return settings;
}
