import type { AccountConfig, Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import type { UserId } from '../../../matrix/ids.ts';
import type { OpenedConfig } from '../../open-config.ts';

/** Who is to be logged in, under which name. */
export interface ChosenAccount {
  readonly name: string;
  readonly userId: UserId;
  /** Base URL; undefined: it is discovered. */
  readonly homeserver: string | undefined;
  /** Undefined: the configuration does not have it yet. */
  readonly configured: AccountConfig | undefined;
}

export interface AccountWish {
  readonly userId: UserId;
  readonly account: string | undefined;
  readonly homeserver: string | undefined;
}

/** What an account is called where nobody gave it a name. */
const nameDefault = 'main';

function configuredFor(config: Config, { userId, account }: AccountWish) {
  if (account !== undefined) return config.accounts.get(account);
  return [...config.accounts.values()].find((known) => known.userId === userId);
}

/**
 * The configured account of this user, or the one that is named; where there is none, a new one.
 *
 * @throws Failure usage when that name belongs to another user
 */
export function chooseAccount(config: Config, wish: AccountWish): ChosenAccount {
  const { userId } = wish;
  const configured = configuredFor(config, wish);
  const name = wish.account ?? configured?.name ?? nameDefault;
  const holder = config.accounts.get(name);
  if (holder !== undefined && holder.userId !== undefined && holder.userId !== userId) {
    const hint = wish.account === undefined ? ' Name another with --account.' : '';
    throw new Failure('usage', { detail: `The account "${name}" is ${holder.userId}.${hint}` });
  }
  const homeserver = wish.homeserver ?? configured?.homeserver;
  return { name, userId, homeserver, configured };
}

/**
 * The lines that the configuration lacks; undefined: none. Without a file it has to say as well where the token was kept.
 */
export function linesToAdd(
  { name, userId, homeserver, configured }: ChosenAccount,
  { path, config }: OpenedConfig,
): string | undefined {
  if (configured !== undefined) return undefined;
  const where = homeserver === undefined ? '' : `, homeserver: ${homeserver}`;
  const dataDir = path === undefined ? `data_dir: ${config.dataDir}\n` : '';
  return `${dataDir}accounts:\n  ${name}: { user_id: "${userId}"${where} }`;
}
