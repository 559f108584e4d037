import { dirname, resolve } from 'node:path';
import { valueAt } from '../describe-mismatch.ts';
import { Failure } from '../errors.ts';
import { type BuildContext, resolvePath } from './build-context.ts';
import { checkFile } from './check-file.ts';
import type { AccountConfig, Config } from './config.ts';
import {
  accountLack,
  configFromEnvironment,
  environmentRoom,
  type Surroundings,
} from './config-from-environment.ts';
import type { FileInput } from './config-schema.ts';
import { defaultDataDir } from './data-dir.ts';
import {
  type EnvironmentSettings,
  readEnvironment,
  withEnvironmentAccount,
} from './environment.ts';
import { nearest } from './nearest.ts';
import { parseYaml } from './parse-yaml.ts';
import { ProblemList } from './problem-list.ts';
import { RoomFinder } from './room-finder.ts';
import { toAccount } from './sections/accounts.ts';
import { toGeneral } from './sections/general.ts';
import { toOperator } from './sections/operators.ts';
import { toRoom } from './sections/rooms.ts';
import { toSource } from './sections/sources.ts';

/** The text of a configuration file. */
export interface ConfigFile {
  /** As people named it; problems begin with it. Relative paths in the file start from its directory. */
  readonly path: string;
  readonly text: string;
}

/** Larger is no configuration but a mistake in the path: ten thousand rooms take half of it. */
export const configFileBytesMax: number = 1024 ** 2;

/** One reading of one file, on its way to a configuration. */
interface Reading extends BuildContext {
  readonly input: FileInput;
  readonly problems: ProblemList;
  readonly settings: EnvironmentSettings;
  /** Names at the top of a section, those of entries with mistakes included. */
  declared(section: 'accounts' | 'rooms'): ReadonlySet<string>;
}

function startReading(file: ConfigFile, { env, cwd }: Surroundings): Reading {
  const yaml = parseYaml(file.text);
  const problems = new ProblemList(file.path, yaml);
  if (!yaml.usable) problems.throwIfAny();
  const checked = checkFile(yaml.data);
  for (const { path, message, atKey } of checked.problems) problems.report(path, message, atKey);
  const settings = readEnvironment(env, cwd);
  for (const text of settings.problems) problems.reportOutside(text);
  if (checked.input === undefined) problems.throwIfAny();
  return {
    env,
    directory: dirname(resolve(cwd, file.path)),
    report: (path, message) => problems.report(path, message),
    has: (path) => yaml.has(path),
    input: checked.input ?? unreachable(),
    problems,
    settings,
    declared: (section) => new Set(Object.keys(valueAt(yaml.data, [section]) ?? {})),
  };
}

function unreachable(): never {
  throw new Failure('bug', { detail: 'A file without mistakes has no content.' });
}

function buildAccounts(reading: Reading): AccountConfig[] {
  const { input, settings } = reading;
  const inFile = Object.entries(input.accounts).map(([name, account]) =>
    toAccount(name, account, reading),
  );
  const accounts = withEnvironmentAccount(inFile, settings);
  for (const account of accounts) {
    const lack = accountLack(account);
    // A user id that is there and wrong is reported already.
    if (lack === undefined || reading.has(['accounts', account.name, 'user_id'])) continue;
    reading.report(['accounts', account.name], lack);
  }
  return accounts;
}

function buildRooms(reading: Reading, defaultAccount: string | undefined): RoomFinder {
  const accounts = new Set([...reading.declared('accounts'), defaultAccount ?? '']);
  const rooms = new RoomFinder(reading.declared('rooms'), defaultAccount ?? '');
  for (const [name, entry] of Object.entries(reading.input.rooms)) {
    const room = toRoom(name, entry, defaultAccount ?? '');
    rooms.add(room);
    if (room.account !== '' && !accounts.has(room.account)) {
      const near = nearest(room.account, accounts);
      const hint = near === undefined ? 'add it to `accounts`' : `did you mean ${near}?`;
      reading.report(
        ['rooms', name, 'account'],
        `no account is called ${JSON.stringify(room.account)}; ${hint}`,
      );
    }
  }
  return rooms;
}

function reportMissingAccount(reading: Reading): void {
  const section = ['rooms', 'sources'].find((key) => reading.has([key]));
  if (section === undefined) return;
  reading.report(
    [section],
    'no account speaks there; add `accounts`, or set BELLHOP_HOMESERVER and BELLHOP_ACCESS_TOKEN',
  );
}

const byName = <T extends { readonly name: string }>(entries: readonly T[]): Map<string, T> =>
  new Map(entries.map((entry) => [entry.name, entry]));

/**
 * The configuration of a file and the environment, which goes first; without a file, of the environment alone.
 * Pure: it reads no file, secrets stay references.
 * @throws Failure config_invalid with all problems, each with its place.
 */
export function loadConfig(file: ConfigFile | undefined, surroundings: Surroundings): Config {
  if (file === undefined) return configFromEnvironment(surroundings);
  const reading = startReading(file, surroundings);
  const { input, settings, problems } = reading;
  const general = toGeneral(input, reading);
  const accounts = buildAccounts(reading);
  const defaultAccount = accounts[0]?.name ?? [...reading.declared('accounts')][0];
  if (defaultAccount === undefined) reportMissingAccount(reading);
  const rooms = buildRooms(reading, defaultAccount);
  const sources = Object.entries(input.sources).map(([name, source]) =>
    toSource(name, source, reading, (text, path) => rooms.find(text, path, reading.report)),
  );
  const operators = Object.entries(input.operators)
    .map(([name, operator]) => toOperator(name, operator, reading))
    .filter((operator) => operator !== undefined);
  const outside: string[] = [];
  const defaultRoom = environmentRoom(settings, rooms, defaultAccount, outside);
  for (const text of outside) problems.reportOutside(text);
  const dataDir =
    input.data_dir === undefined
      ? resolve(surroundings.cwd, defaultDataDir(surroundings.env, surroundings.home))
      : resolvePath(reading, input.data_dir, ['data_dir']);
  problems.throwIfAny();
  return {
    ...general,
    dataDir: settings.dataDir ?? dataDir,
    listen: settings.listen ?? general.listen,
    publicUrl: settings.publicUrl ?? general.publicUrl,
    logLevel: settings.logLevel ?? general.logLevel,
    accounts: byName(accounts),
    rooms: rooms.rooms,
    sources: byName(sources),
    operators: byName(operators),
    defaultRoom,
  };
}
