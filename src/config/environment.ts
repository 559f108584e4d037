import { resolve } from 'node:path';
import { parseRoomReference, parseUserId, type UserId } from '../matrix/ids.ts';
import type { Environment } from './build-context.ts';
import { type AccountConfig, type ListenConfig, type LogLevel, logLevels } from './config.ts';
import { defaults } from './defaults.ts';
import { isListenAddress } from './listen-address.ts';
import { Secret, type SecretReference } from './secret.ts';
import { isToken } from './token.ts';
import { parseHomeserverAddress, parseWebAddress } from './web-address.ts';

/** The environment variables that Bellhop reads, and what they do. */
export const environmentVariables = {
  BELLHOP_CONFIG: 'Path of the configuration file; `-c` goes first.',
  BELLHOP_DATA_DIR: '`data_dir`.',
  BELLHOP_LISTEN: '`listen`: one address, or several with commas between them.',
  BELLHOP_PUBLIC_URL: '`public_url`.',
  BELLHOP_LOG_LEVEL: '`log_level`.',
  BELLHOP_HOMESERVER: '`homeserver` of the first account; without accounts, of an account `main`.',
  BELLHOP_USER_ID: '`user_id` of the same account.',
  BELLHOP_ACCESS_TOKEN: '`access_token` of the same account.',
  BELLHOP_ACCESS_TOKEN_FILE: '`access_token_file` of the same account.',
  BELLHOP_ROOM:
    'The room of a `send` that names none: a configured name, or a room id or alias, which becomes the room `default`. Without it the room `default`, else the only one.',
} as const;
type EnvironmentVariable = keyof typeof environmentVariables;

/** What the environment says; undefined: nothing. */
export interface EnvironmentSettings {
  readonly dataDir: string | undefined;
  readonly listen: readonly ListenConfig[] | undefined;
  readonly publicUrl: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly homeserver: string | undefined;
  readonly userId: UserId | undefined;
  readonly accessToken: SecretReference | undefined;
  readonly room: string | undefined;
  /** Each as "variable: what is wrong", never with its value. */
  readonly problems: readonly string[];
}

class EnvironmentReader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** An empty variable counts as unset: that is how compose files pass on what is not there. */
  text(name: EnvironmentVariable): string | undefined {
    const value = this.#env[name];
    return value === '' ? undefined : value;
  }

  parse<T>(
    name: EnvironmentVariable,
    parse: (value: string) => T | undefined,
    message: string,
  ): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) this.problems.push(`${name}: ${message}`);
    return parsed;
  }
}

function parseListen(text: string, cwd: string): ListenConfig[] | undefined {
  const addresses = text.split(',').map((part) => part.trim());
  if (!addresses.every(isListenAddress)) return undefined;
  return addresses.map((address) => ({
    address: address.startsWith('unix:') ? `unix:${resolve(cwd, address.slice(5))}` : address,
    only: undefined,
    tls: undefined,
  }));
}

function readAccessToken(reader: EnvironmentReader, cwd: string): SecretReference | undefined {
  const inline = reader.parse(
    'BELLHOP_ACCESS_TOKEN',
    (value) => (isToken(value) ? new Secret(value) : undefined),
    'must be printable ASCII without spaces',
  );
  const file = reader.text('BELLHOP_ACCESS_TOKEN_FILE');
  if (file === undefined) return inline && { kind: 'inline', secret: inline };
  if (reader.text('BELLHOP_ACCESS_TOKEN') !== undefined) {
    reader.problems.push(
      'BELLHOP_ACCESS_TOKEN_FILE: stands beside BELLHOP_ACCESS_TOKEN; keep one of them',
    );
  }
  return { kind: 'file', path: resolve(cwd, file) };
}

/** Reads the variables of `environmentVariables`; paths are relative to `cwd`. */
export function readEnvironment(env: Environment, cwd: string): EnvironmentSettings {
  const reader = new EnvironmentReader(env);
  const address = 'must be an address such as https://matrix.example.org';
  const dataDir = reader.text('BELLHOP_DATA_DIR');
  return {
    dataDir: dataDir === undefined ? undefined : resolve(cwd, dataDir),
    listen: reader.parse(
      'BELLHOP_LISTEN',
      (value) => parseListen(value, cwd),
      'must be host:port or unix:PATH, or several with commas between them',
    ),
    publicUrl: reader.parse('BELLHOP_PUBLIC_URL', parseWebAddress, address),
    logLevel: reader.parse(
      'BELLHOP_LOG_LEVEL',
      (value) => logLevels.find((level) => level === value),
      `must be one of ${logLevels.join(', ')}`,
    ),
    homeserver: reader.parse(
      'BELLHOP_HOMESERVER',
      parseHomeserverAddress,
      `${address}, without /_matrix`,
    ),
    userId: reader.parse(
      'BELLHOP_USER_ID',
      parseUserId,
      'must be a user id such as @bellhop:example.org',
    ),
    accessToken: readAccessToken(reader, cwd),
    room: reader.parse(
      'BELLHOP_ROOM',
      (value) => (/^[!#]/.test(value) ? parseRoomReference(value) : value),
      'must be the name of a configured room, a room id or an alias',
    ),
    problems: reader.problems,
  };
}

/** The accounts with what the environment says of the first one, or of `main` where there is none. */
export function withEnvironmentAccount(
  accounts: readonly AccountConfig[],
  settings: EnvironmentSettings,
): AccountConfig[] {
  const { homeserver, userId, accessToken } = settings;
  if (homeserver === undefined && userId === undefined && accessToken === undefined) {
    return [...accounts];
  }
  const [first, ...rest] = accounts;
  const changed: AccountConfig = {
    name: first?.name ?? 'main',
    userId: userId ?? first?.userId,
    homeserver: homeserver ?? first?.homeserver,
    accessToken: accessToken ?? first?.accessToken,
    password: accessToken === undefined ? first?.password : undefined,
    sharing: first?.sharing ?? defaults.sharing,
  };
  return [changed, ...rest];
}
