import type { AccountEvent } from '../accounts/account-event.ts';
import type { AccountPorts } from '../accounts/account-ports.ts';
import { fileCredentialStore } from '../accounts/credential-store.ts';
import { systemClock } from '../clock.ts';
import type { AccountConfig, Config } from '../config/config.ts';
import { Failure } from '../errors.ts';
import type { Session } from '../matrix/session.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { openLiveAccounts } from './accounts.ts';
import { matrixFailure } from './matrix-failure.ts';

/** The account of this name; without a name the first. @throws Failure config_missing, not_found */
export function accountOf(
  config: Pick<Config, 'accounts'>,
  name: string | undefined,
): AccountConfig {
  const [first] = config.accounts.values();
  if (first === undefined) {
    throw new Failure('config_missing', { detail: 'No account is configured.' });
  }
  if (name === undefined) return first;
  const account = config.accounts.get(name);
  if (account !== undefined) return account;
  const names = [...config.accounts.keys()].join(', ');
  throw new Failure('not_found', { detail: `No account is called "${name}"; there is ${names}.` });
}

/** What accounts outside the daemon work with; they share the daemon's credentials. */
export function accountPorts(
  config: Pick<Config, 'dataDir'>,
  onEvent: (event: AccountEvent) => void,
): AccountPorts {
  return {
    store: fileCredentialStore(config.dataDir),
    clock: systemClock,
    openHomeserver,
    onEvent,
  };
}

/**
 * Runs `task` as an account, on the device it has; it is logged in first where its configuration allows.
 *
 * @throws Failure not_logged_in, login_refused, homeserver_unreachable, homeserver_unusable, matrix_refused, …
 */
export async function asAccount<Result>(
  config: Pick<Config, 'dataDir'>,
  account: AccountConfig,
  options: { readonly signal: AbortSignal; onEvent(event: AccountEvent): void },
  task: (session: Session) => Promise<Result>,
): Promise<Result> {
  const accounts = await openLiveAccounts([account], accountPorts(config, options.onEvent));
  try {
    return await accounts.withSession(account.name, task, options.signal);
  } catch (thrown) {
    throw matrixFailure(thrown);
  } finally {
    await accounts.close();
  }
}
