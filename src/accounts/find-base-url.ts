import { Failure } from '../errors.ts';
import { parseBaseUrl } from '../matrix/base-url.ts';
import { discoverHomeserver } from '../matrix/discovery.ts';
import type { AccountOptions, AccountPorts } from './account-ports.ts';
import { sessionFailure } from './session-failure.ts';

/**
 * Where an account's homeserver is: as configured, else as `known` from before, else discovered.
 * @throws Failure config_invalid
 * @throws DiscoveryError
 */
export async function findBaseUrl(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  ports: Pick<AccountPorts, 'openHomeserver' | 'onEvent'>,
  known: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (account.homeserver !== undefined) {
    const baseUrl = parseBaseUrl(account.homeserver);
    if (baseUrl !== undefined) return baseUrl;
    throw new Failure('config_invalid', {
      detail: `Account ${account.name}: its homeserver is no base URL such as https://matrix.example.org, without /_matrix.`,
    });
  }
  if (known !== undefined) return known;
  if (account.userId === undefined) {
    throw new Failure('config_invalid', {
      detail: `Account ${account.name} has neither a user id nor a homeserver.`,
    });
  }
  const { baseUrl } = await discoverHomeserver(account.userId, ports.openHomeserver, signal);
  ports.onEvent({ kind: 'discovered', account: account.name, homeserver: baseUrl });
  return baseUrl;
}

/** The same for a command. @throws Failure config_invalid, homeserver_unreachable, homeserver_unusable */
export async function needHomeserver(
  account: Pick<AccountOptions, 'name' | 'userId' | 'homeserver'>,
  ports: Pick<AccountPorts, 'openHomeserver' | 'onEvent'>,
  known: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await findBaseUrl(account, ports, known, signal);
  } catch (error) {
    throw sessionFailure(error, account.name);
  }
}
