import type { AccountOptions, AccountPorts, SecretSource } from '../accounts/account-ports.ts';
import { type Accounts, openAccounts } from '../accounts/accounts.ts';
import type { AccountConfig } from '../config/config.ts';
import type { SecretReference } from '../config/secret.ts';
import { readSecretFile } from './read-secret-file.ts';

/** A secret as it is when it is asked for: a file that was replaced counts at once. */
function secretSource(reference: SecretReference | undefined): SecretSource | undefined {
  if (reference === undefined) return undefined;
  if (reference.kind === 'inline') return () => Promise.resolve(reference.secret.reveal());
  const { path } = reference;
  return async () => await readSecretFile(path);
}

/** An account of the configuration as the accounts know it. */
export function accountOptions(account: AccountConfig): AccountOptions {
  return {
    name: account.name,
    userId: account.userId,
    homeserver: account.homeserver,
    accessToken: secretSource(account.accessToken),
    password: secretSource(account.password),
  };
}

/** Accounts that follow the configuration. */
export interface LiveAccounts
  extends Pick<Accounts, 'withSession' | 'homeserver' | 'reload' | 'close'> {
  /** Uses these accounts from now on, and looks at all their secrets again. */
  reconfigure(accounts: Iterable<AccountConfig>): Promise<void>;
}

/** Secrets have no printable form, so equal texts mean equal accounts but for inline secrets, which are compared too. */
function fingerprint(accounts: readonly AccountConfig[]): string {
  const reveal = (reference: SecretReference | undefined) =>
    reference?.kind === 'inline' ? reference.secret.reveal() : reference?.path;
  return JSON.stringify(
    accounts.map((account) => ({
      ...account,
      accessToken: reveal(account.accessToken),
      password: reveal(account.password),
    })),
  );
}

/** Opens the accounts of a configuration. */
export async function openLiveAccounts(
  configured: Iterable<AccountConfig>,
  ports: AccountPorts,
): Promise<LiveAccounts> {
  const open = async (accounts: readonly AccountConfig[]) =>
    await openAccounts(accounts.map(accountOptions), ports);
  let configs = [...configured];
  let current = await open(configs);
  return {
    withSession: (name, operation, signal) => current.withSession(name, operation, signal),
    reload: () => current.reload(),
    homeserver: (name) => current.homeserver(name),
    close: async () => await current.close(),
    async reconfigure(next) {
      const nextConfigs = [...next];
      if (fingerprint(nextConfigs) === fingerprint(configs)) {
        current.reload();
        return;
      }
      const previous = current;
      current = await open(nextConfigs);
      configs = nextConfigs;
      await previous.close();
    },
  };
}
