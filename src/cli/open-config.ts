import type { Config } from '../config/config.ts';
import type { CliContext } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { readInput } from './read-input.ts';

/** A configuration, its secrets not read yet. */
export interface OpenedConfig {
  readonly config: Config;
  /** The file it came from, as it was named; undefined: there is none, the environment alone speaks. */
  readonly path: string | undefined;
}

/** What problems call standard input. */
const inputName = 'standard input';

/**
 * The configuration of a command: the file of `-c`, `BELLHOP_CONFIG` or the usual places, the environment, `-q` and `-v`.
 * @throws Failure config_missing, config_invalid
 */
export async function openConfig(
  context: CliContext,
  options: GlobalOptions,
): Promise<OpenedConfig> {
  const { findConfigPath } = await import('../config/find-config-path.ts');
  const path = findConfigPath(options.config, context);
  const config = await load(context, path);
  return { config: { ...config, logLevel: logLevel(options, config.logLevel) }, path };
}

async function load(context: CliContext, path: string | undefined): Promise<Config> {
  // Schemas and YAML take a moment to load; help and completion do without.
  const { configFileBytesMax, loadConfig } = await import('../config/load-config.ts');
  const { decodeConfig, readConfigFile } = await import('../config/read-config-file.ts');
  if (path === undefined) return loadConfig(undefined, context);
  if (path !== '-') return loadConfig(await readConfigFile(path, context.cwd), context);
  const bytes = await readInput(context.stdin, configFileBytesMax, context.signal);
  return loadConfig({ path: inputName, text: decodeConfig(bytes, inputName) }, context);
}

function logLevel(options: GlobalOptions, configured: Config['logLevel']): Config['logLevel'] {
  if (options.quiet === true) return 'error';
  return options.verbose === true ? 'debug' : configured;
}
