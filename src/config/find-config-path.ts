import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Surroundings } from './config-from-environment.ts';
import { configPaths } from './config-paths.ts';

/** The configuration file to use: the one that is named by `-c` or `BELLHOP_CONFIG`, else the first that exists. */
export function findConfigPath(
  named: string | undefined,
  surroundings: Surroundings,
): string | undefined {
  // One that is named and not there is a mistake, and no reason to go on with another configuration.
  const explicit = named ?? (surroundings.env['BELLHOP_CONFIG'] || undefined);
  if (explicit !== undefined) return explicit;
  return configPaths(surroundings).find((path) => isThere(resolve(surroundings.cwd, path)));
}

/** An unreadable file counts as there: to pass over it in silence would run with another configuration. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
