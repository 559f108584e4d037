import { resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { type ConfigFile, configFileBytesMax } from './load-config.ts';
import { readBounded } from './read-bounded.ts';

/**
 * The text of a configuration file. `path` is relative to `cwd`.
 * @throws Failure config_missing if it cannot be read; config_invalid if it is too large or not UTF-8.
 */
export async function readConfigFile(path: string, cwd: string): Promise<ConfigFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readBounded(resolve(cwd, path), configFileBytesMax);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Failure('config_missing', { detail: `${path} cannot be read (${code}).`, cause });
  }
  return { path, text: decodeConfig(bytes, path) };
}

/** The bytes of a configuration as text, without byte order mark. @throws Failure config_invalid */
export function decodeConfig(bytes: Uint8Array, path: string): string {
  if (bytes.length > configFileBytesMax) {
    throw new Failure('config_invalid', {
      problems: [`${path}: is larger than a configuration can be (1 MiB)`],
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('config_invalid', { problems: [`${path}: is not UTF-8 text`], cause });
  }
}
