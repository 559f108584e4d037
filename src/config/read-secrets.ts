import { type Clock, systemClock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { AccountConfig, Config } from './config.ts';
import { Secret, type SecretReference } from './secret.ts';
import { readSecretTextSoon } from './secret-text.ts';
import { isToken } from './token.ts';

/** The setting that gives a secret: a file has one of its own. */
export function secretSetting(reference: SecretReference, place: string): string {
  return reference.kind === 'file' ? `${place}_file` : place;
}

/** Where a person looks for a secret: "setting:", and for a file its path. */
function whereabouts(reference: SecretReference, place: string): string {
  const setting = secretSetting(reference, place);
  return reference.kind === 'file' ? `${setting}: ${reference.path}` : `${setting}:`;
}

class SecretReader {
  readonly #problems: string[] = [];
  /** One of them is a mistake in what was read, so that to look after files is not enough. */
  #hasMistake = false;
  /** The setting that has a token: two callers with one token could not be told apart. */
  readonly #owners = new Map<string, string>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The secret of a reference; what cannot be read is taken down, and stands in as an empty secret. */
  async read(reference: SecretReference, place: string): Promise<Secret> {
    if (reference.kind === 'inline') return reference.secret;
    const read = await readSecretTextSoon(reference.path, this.#clock);
    if (read.ok) return new Secret(read.text);
    this.#problems.push(`${whereabouts(reference, place)} ${read.problem}`);
    return new Secret('');
  }

  async readToken(reference: SecretReference, place: string): Promise<Secret> {
    const secret = await this.read(reference, place);
    if (secret.reveal() !== '' && !isToken(secret.reveal())) {
      this.#mistake(
        `${whereabouts(reference, place)} must be one line of printable ASCII without spaces, at most 4096 characters`,
      );
    }
    return secret;
  }

  async readCallerToken(reference: SecretReference, place: string): Promise<Secret> {
    const secret = await this.readToken(reference, place);
    const owner = this.#owners.get(secret.reveal());
    if (owner !== undefined && secret.reveal() !== '') {
      const verb = reference.kind === 'file' ? 'holds the same token as' : 'is the same as';
      this.#mistake(
        `${whereabouts(reference, place)} ${verb} ${owner}; every caller needs its own`,
      );
    }
    this.#owners.set(secret.reveal(), secretSetting(reference, place));
    return secret;
  }

  async account(account: AccountConfig): Promise<AccountConfig<Secret>> {
    const { accessToken, password } = account;
    const place = `accounts.${account.name}`;
    return {
      ...account,
      accessToken: accessToken && (await this.readToken(accessToken, `${place}.access_token`)),
      password: password && (await this.read(password, `${place}.password`)),
    };
  }

  /** All problems in one failure; what `config_invalid` says to do holds for files that cannot be read, too. */
  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    const code = this.#hasMistake ? 'config_invalid' : 'secret_unreadable';
    throw new Failure(code, { problems: this.#problems });
  }

  #mistake(problem: string): void {
    this.#hasMistake = true;
    this.#problems.push(problem);
  }
}

async function mapValues<In, Out>(
  map: ReadonlyMap<string, In>,
  change: (value: In) => Promise<Out>,
): Promise<Map<string, Out>> {
  const result = new Map<string, Out>();
  for (const [name, value] of map) result.set(name, await change(value));
  return result;
}

/**
 * The configuration with every secret read. Files hold one secret each, at most 16 KiB; one line end is taken off.
 * @throws Failure with all problems: secret_unreadable for files that are unreadable, empty or too large; config_invalid
 * where a token is no token, or two callers have the same.
 */
export async function readSecrets(
  config: Config,
  clock: Clock = systemClock,
): Promise<Config<Secret>> {
  const reader = new SecretReader(clock);
  const accounts = await mapValues(config.accounts, (account) => reader.account(account));
  const sources = await mapValues(config.sources, async (source) => ({
    ...source,
    token:
      source.token && (await reader.readCallerToken(source.token, `sources.${source.name}.token`)),
  }));
  const operators = await mapValues(config.operators, async (operator) => ({
    ...operator,
    token: await reader.readCallerToken(operator.token, `operators.${operator.name}.token`),
  }));
  reader.throwIfAny();
  return { ...config, accounts, sources, operators };
}

/** One account's own secrets, as `readSecrets` reads them. @throws Failure secret_unreadable, config_invalid */
export async function readAccountSecrets(
  account: AccountConfig,
  clock: Clock = systemClock,
): Promise<AccountConfig<Secret>> {
  const reader = new SecretReader(clock);
  const read = await reader.account(account);
  reader.throwIfAny();
  return read;
}
