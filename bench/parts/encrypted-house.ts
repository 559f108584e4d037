import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpIdentity } from '../../src/app/account-identity.ts';
import { readConfig } from '../../src/app/read-config.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import type { FakeHomeserver, FakeUser } from '../../src/testing/fake-homeserver.ts';
import { forgeDevice } from './forge-device.ts';

/** A data directory and a configuration whose accounts can speak in encrypted rooms. */
export interface EncryptedHouse {
  readonly dir: string;
  readonly config: string;
  /** For commands: nothing of the user's own directories is read or written. */
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly url: string;
  readonly accounts: readonly (FakeUser & { readonly name: string })[];
  remove(): void;
}

export interface EncryptedHouseOptions {
  readonly port: number;
  readonly accounts: number;
  /** The members of each room beside the bot: users with so many devices each; encrypted but for the room `clear`. */
  readonly rooms: Readonly<Record<string, { readonly users: number; readonly devices: number }>>;
}

export const houseToken = 'bench-source-token';
/** An identity takes a second on a busy machine. */
const setUpMsMax = 60_000;

/** Makes users with devices, rooms, and an identity for each account. */
export async function makeEncryptedHouse(
  homeserver: FakeHomeserver,
  options: EncryptedHouseOptions,
): Promise<EncryptedHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-bench-'));
  const config = join(dir, 'bellhop.yaml');
  const accounts = Array.from({ length: options.accounts }, (_, n) => ({
    name: `account${n}`,
    ...homeserver.createUser(`account${n}`),
  }));
  const rooms: Record<string, RoomId> = {};
  for (const [name, { users, devices }] of Object.entries(options.rooms)) {
    const members = await makeUsers(homeserver, name, users, devices);
    const creator = accounts[0]?.userId;
    if (creator === undefined) throw new Error('a house needs an account');
    rooms[name] = homeserver.createRoom({ creator, members, encrypted: name !== 'clear' });
  }
  for (const { name, accessToken } of accounts) {
    writeFileSync(join(dir, `${name}.token`), accessToken, { mode: 0o600 });
  }
  const document = {
    data_dir: join(dir, 'data'),
    listen: [`127.0.0.1:${options.port}`],
    log_level: 'error',
    accounts: Object.fromEntries(
      accounts.map(({ name, userId }) => [
        name,
        {
          user_id: userId,
          homeserver: homeserver.baseUrl,
          // As a user would write it: what `send` keeps of a configuration holds no secret.
          access_token_file: `${name}.token`,
          sharing: 'all-devices',
        },
      ]),
    ),
    rooms,
    sources: { bench: { token: houseToken, allow: Object.keys(rooms) } },
  };
  writeFileSync(config, JSON.stringify(document), { mode: 0o600 });
  const loaded = await readConfig(config, { env: {}, cwd: process.cwd() });
  for (const account of loaded.accounts.values()) {
    const password = accounts.find(({ name }) => name === account.name)?.password;
    const signal = AbortSignal.timeout(setUpMsMax);
    const call = { config: loaded, account, signal, onEvent: () => undefined };
    await setUpIdentity(call, () => Promise.resolve(password));
  }
  return {
    dir,
    config,
    env: { XDG_CACHE_HOME: join(dir, 'cache'), HOME: dir },
    port: options.port,
    url: `http://127.0.0.1:${options.port}`,
    accounts,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function makeUsers(
  homeserver: FakeHomeserver,
  room: string,
  users: number,
  devices: number,
): Promise<FakeUser['userId'][]> {
  const made = Array.from({ length: users }, (_, n) => homeserver.createUser(`${room}${n}`));
  for (const { userId } of made) {
    for (let n = 0; n < devices; n++) {
      const deviceId = `DEVICE${n}`;
      const accessToken = homeserver.issueToken(userId, deviceId);
      await forgeDevice({ baseUrl: homeserver.baseUrl, userId, deviceId, accessToken });
    }
  }
  return made.map(({ userId }) => userId);
}

/** Sends one message and waits for its event; the milliseconds that took. */
export async function sendAndWait(house: EncryptedHouse, room: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(`${house.url}/v1/notifications?wait=30s`, {
    method: 'POST',
    headers: { authorization: `Bearer ${houseToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ room, body: 'The backup is done.' }),
  });
  const { state } = (await answer.json()) as { state?: string };
  if (state !== 'delivered') throw new Error(`a message to ${room} is ${state}`);
  return performance.now() - startedAt;
}
