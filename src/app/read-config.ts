import { homedir } from 'node:os';
import type { Config } from '../config/config.ts';
import { findConfigPath } from '../config/find-config-path.ts';
import { loadConfig } from '../config/load-config.ts';
import { readConfigFile } from '../config/read-config-file.ts';

/**
 * The configuration of the file that is named, or of the first that is found, or of the environment alone.
 *
 * @throws Failure config_invalid, config_missing
 */
export async function readConfig(
  named: string | undefined,
  process: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): Promise<Config> {
  const surroundings = { ...process, home: homedir() };
  const path = findConfigPath(named, surroundings);
  const file = path === undefined ? undefined : await readConfigFile(path, process.cwd);
  return loadConfig(file, surroundings);
}
