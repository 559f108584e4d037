import { resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { parseRoomReference } from '../matrix/ids.ts';
import type { Environment } from './build-context.ts';
import type { AccountConfig, Config } from './config.ts';
import { defaultDataDir } from './data-dir.ts';
import { defaults } from './defaults.ts';
import {
  type EnvironmentSettings,
  readEnvironment,
  withEnvironmentAccount,
} from './environment.ts';
import { plainRoom } from './plain-room.ts';
import { RoomFinder } from './room-finder.ts';

/** What surrounds a configuration: nothing else is read. */
export interface Surroundings {
  readonly env: Environment;
  /** The working directory, absolute. */
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
}

/** What an account lacks to be able to speak; undefined: nothing. */
export function accountLack(account: AccountConfig): string | undefined {
  if (account.userId !== undefined) return undefined;
  if (account.homeserver !== undefined && account.accessToken !== undefined) return undefined;
  return 'needs a user id, or both a homeserver and an access token';
}

/** The room that `BELLHOP_ROOM` asks for, as the room `default` where it is an id or alias nobody configured. */
export function environmentRoom(
  settings: EnvironmentSettings,
  rooms: RoomFinder,
  defaultAccount: string | undefined,
  problems: string[],
): string | undefined {
  if (settings.room === undefined) return rooms.defaultRoom();
  const reference = parseRoomReference(settings.room);
  if (reference === undefined) {
    return rooms.find(settings.room, [], (_, message) => problems.push(`BELLHOP_ROOM: ${message}`));
  }
  const known = [...rooms.rooms.values()].find(({ room }) => room === reference);
  if (known !== undefined) return known.name;
  if (defaultAccount === undefined) {
    problems.push(
      'BELLHOP_ROOM: no account speaks there; set BELLHOP_HOMESERVER and BELLHOP_ACCESS_TOKEN too',
    );
    return undefined;
  }
  rooms.add(plainRoom('default', reference, defaultAccount));
  return 'default';
}

/**
 * The configuration without a file: what the environment says, one account `main`, one room `default`. It may be empty.
 * @throws Failure config_invalid with all problems.
 */
export function configFromEnvironment(surroundings: Surroundings): Config {
  const settings = readEnvironment(surroundings.env, surroundings.cwd);
  const problems = [...settings.problems];
  const accounts = withEnvironmentAccount([], settings);
  const lack = accounts.map(accountLack).find((text) => text !== undefined);
  // A variable that is there and wrong is reported already; its gap is not a second mistake.
  if (lack !== undefined && problems.length === 0) {
    problems.push(
      `environment: the account ${lack}; set BELLHOP_HOMESERVER and BELLHOP_ACCESS_TOKEN, or BELLHOP_USER_ID`,
    );
  }
  const rooms = new RoomFinder(new Set(), 'main');
  const defaultRoom = environmentRoom(settings, rooms, accounts[0]?.name, problems);
  if (problems.length > 0) throw new Failure('config_invalid', { problems });
  const { env, cwd, home } = surroundings;
  return {
    dataDir: settings.dataDir ?? resolve(cwd, defaultDataDir(env, home)),
    listen: settings.listen ?? defaults.listen,
    publicUrl: settings.publicUrl,
    trustedProxies: [],
    logLevel: settings.logLevel ?? defaults.logLevel,
    retention: defaults.retention,
    limits: defaults.limits,
    encryptionKeyPath: undefined,
    deploymentPath: undefined,
    accounts: new Map(accounts.map((account) => [account.name, account])),
    rooms: rooms.rooms,
    sources: new Map(),
    operators: new Map(),
    defaultRoom,
  };
}
