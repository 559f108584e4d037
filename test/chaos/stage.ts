import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import type { ClientRoom } from './client.ts';
import { EncryptedStage } from './encrypted-stage.ts';
import type { ChaosOptions } from './options.ts';

/** A homeserver with rooms, and a configuration that leads there. */
export interface Stage extends AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly rooms: readonly ClientRoom[];
  /** The token of each client, which is a source of its own. */
  readonly tokens: readonly string[];
  readonly configPath: string;
  /** Undefined: the rooms are not encrypted. */
  readonly encrypted: EncryptedStage | undefined;
  /** For the compiled code of the daemon's lives. */
  readonly cacheDir: string;
}

/** So that a rate limit, which holds up an account, leaves others to go on. */
const accountsMax = 4;
/** Some messages wait longer than this for the next life: their content is changed and stored before they leave. */
const lateAfter = '1s';

/** Sets up everything that outlives the daemon. */
export async function openStage(
  options: Pick<ChaosOptions, 'mode' | 'rooms' | 'clients' | 'seed'>,
): Promise<Stage> {
  const homeserver = await startFakeHomeserver({ random: seededRandom(options.seed) });
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-chaos-'));
  const accounts = numbered('account', Math.min(accountsMax, options.rooms)).map((name) => ({
    name,
    user: homeserver.createUser(name),
  }));
  const rooms = numbered('room', options.rooms).map((name, index) => {
    const account = accounts[index % accounts.length];
    if (account === undefined) throw new Error('A run needs a room.');
    const roomId = homeserver.createRoom({ creator: account.user.userId });
    return { name, roomId, account: account.name };
  });
  const sources = numbered('client', options.clients);
  const names = rooms.map(({ name }) => name);
  const config = {
    data_dir: join(dir, 'data'),
    listen: ['127.0.0.1:0'],
    accounts: Object.fromEntries(
      accounts.map(({ name, user: { userId, accessToken } }) => [
        name,
        { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken },
      ]),
    ),
    rooms: Object.fromEntries(
      rooms.map(({ name, roomId, account }) => [
        name,
        { room: roomId, account, late_after: lateAfter },
      ]),
    ),
    sources: Object.fromEntries(
      sources.map((name) => [name, { token: tokenOf(name), allow: names }]),
    ),
  };
  const configPath = join(dir, 'bellhop.yaml');
  // JSON is YAML.
  writeFileSync(configPath, JSON.stringify(config), { mode: 0o600 });
  const encrypted =
    options.mode === 'encrypted'
      ? await EncryptedStage.open({
          homeserver,
          rooms: rooms.map(({ roomId }) => roomId),
          configPath,
          passwords: new Map(accounts.map(({ name, user }) => [name, user.password])),
        })
      : undefined;
  return {
    homeserver,
    rooms,
    tokens: sources.map(tokenOf),
    configPath,
    encrypted,
    cacheDir: join(dir, 'cache'),
    async [Symbol.asyncDispose]() {
      encrypted?.[Symbol.dispose]();
      await homeserver.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const tokenOf = (source: string): string => `token-of-${source}`;

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`);
}
