import { Failure } from '../errors.ts';
import type { Session } from '../matrix/session.ts';
import { Account } from './account.ts';
import type { AccountOptions, AccountPorts } from './account-ports.ts';
import { shareHomeservers } from './shared-homeservers.ts';

/** All who speak, by the names the configuration gives them. */
export interface Accounts {
  readonly names: readonly string[];
  /** As `Account.withSession`. @throws Failure not_found for a name that is not configured. */
  withSession<Result>(
    name: string,
    operation: (session: Session) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result>;
  /** As `Account.homeserver`. @throws Failure not_found */
  homeserver(name: string): string;
  /** As `Account.deviceId`. @throws Failure not_found */
  deviceId(name: string): string | undefined;
  /** As `Account.reload`, for all. */
  reload(): void;
  /** Ends what is under way and closes every connection. */
  close(): Promise<void>;
}

/** Opens the configured accounts; nobody is asked for anything before the first session. */
export async function openAccounts(
  configured: readonly AccountOptions[],
  ports: AccountPorts,
): Promise<Accounts> {
  const homeservers = shareHomeservers(ports.openHomeserver);
  const accounts = new Map<string, Account>();
  for (const options of configured) {
    accounts.set(options.name, await Account.open(options, { ...ports, homeservers }));
  }
  const unknown = (name: string): Failure =>
    new Failure('not_found', { detail: `No account ${name} is configured.` });
  const named = (name: string): Account => {
    const account = accounts.get(name);
    if (account !== undefined) return account;
    throw unknown(name);
  };
  return {
    names: [...accounts.keys()],
    withSession(name, operation, signal) {
      const account = accounts.get(name);
      if (account === undefined) return Promise.reject(unknown(name));
      return account.withSession(operation, signal);
    },
    homeserver: (name) => named(name).homeserver(),
    deviceId: (name) => named(name).deviceId(),
    reload() {
      for (const account of accounts.values()) account.reload();
    },
    async close() {
      for (const account of accounts.values()) account.close();
      await homeservers.close();
    },
  };
}
