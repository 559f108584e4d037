import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Surroundings } from './config-from-environment.ts';
import { configPaths } from './config-paths.ts';

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
