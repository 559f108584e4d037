import type { Config } from '../config/config.ts';
import { Failure } from '../errors.ts';

/**
 * Refuses to run on nothing: without a file, the environment has to name an account.
 *
 * @param path - the file the configuration came from; undefined: there is none
 * @throws Failure config_missing
 */
export function requireConfiguration(
  path: string | undefined,
  config: Pick<Config<unknown>, 'accounts'>,
): void {
  if (path !== undefined || config.accounts.size > 0) return;
  const detail =
    'There is no bellhop.yaml in the usual places, and the environment names no account.';
  throw new Failure('config_missing', { detail });
}
