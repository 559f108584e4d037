import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Surroundings } from './config-from-environment.ts';

/** Where a configuration file is looked for when nobody names one: the working directory, the user's own, the system's. */
export function configPaths({ env, home }: Surroundings): string[] {
  const xdg = env['XDG_CONFIG_HOME'];
  // The XDG base directory specification has relative paths ignored.
  const userDirectory = xdg?.startsWith('/') === true ? xdg : join(home, '.config');
  return [
    'bellhop.yaml',
    join(userDirectory, 'bellhop', 'bellhop.yaml'),
    '/etc/bellhop/bellhop.yaml',
  ];
}

/** The configuration file to use: the one that is named by `-c` or `BELLHOP_CONFIG`, else the first that exists. */
export async function findConfigPath(
  named: string | undefined,
  surroundings: Surroundings,
): Promise<string | undefined> {
  if (named !== undefined) return named;
  const fromEnvironment = surroundings.env['BELLHOP_CONFIG'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  for (const path of configPaths(surroundings)) {
    if (await exists(resolve(surroundings.cwd, path))) return path;
  }
  return undefined;
}

/** An unreadable file counts as there: to pass over it in silence would run with another configuration. */
async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
