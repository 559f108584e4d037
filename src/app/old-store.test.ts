import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { encryptionStore } from './account-encryption.ts';
import { setUpIdentity } from './account-identity.ts';
import { openBellhop } from './bellhop.ts';

/** The engine of encryption starts in a thread, and other suites share the machine. */
const timeout = 60_000;
/** No message of a test takes longer, in milliseconds. */
const waitMs = 20_000;

it('from a store that was put back nothing leaves, and what waits says why', {
  timeout,
}, async () => {
  await using homeserver = await startFakeHomeserver();
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-old-store-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const bot = homeserver.createUser('bot');
  const room = homeserver.createRoom({ creator: bot.userId, encrypted: true });
  const { userId: user_id, accessToken: access_token } = bot;
  const config = {
    data_dir: dir,
    accounts: { main: { user_id, homeserver: homeserver.baseUrl, access_token } },
    rooms: { ops: room },
  };
  const surroundings = { env: {}, cwd: '/', home: '/' };
  const loaded = loadConfig({ path: '/config', text: JSON.stringify(config) }, surroundings);
  const account = loaded.accounts.get('main');
  if (account === undefined) throw new Error('no account');
  const signal = AbortSignal.timeout(timeout);
  const call = { config: loaded, account, signal, onEvent: () => undefined };
  await setUpIdentity(call, () => Promise.resolve(bot.password));
  const file = encryptionStore(dir, 'main');
  const say = async (body: string) => {
    const bellhop = await openBellhop({ config });
    const { id } = await bellhop.send({ body, room: 'ops' });
    return { bellhop, status: async (ms: number) => (await bellhop.status(id, ms))[0] };
  };
  const first = await say('one');
  expect(await first.status(waitMs)).toMatchObject({ state: 'delivered' });
  await first.bellhop.close();
  copyFileSync(file, `${file}.backup`);
  const second = await say('two');
  expect(await second.status(waitMs)).toMatchObject({ state: 'delivered' });
  await second.bellhop.close();
  copyFileSync(`${file}.backup`, file);
  const puts = () => homeserver.requests.filter(({ method }) => method === 'PUT');
  const before = puts().filter(({ operation }) => operation !== 'setAccountData').length;
  const third = await say('three');
  const why = 'The encryption store is an old copy';
  const waiting = await vi.waitFor(
    async () => {
      const status = await third.status(0);
      expect(status?.lastError).toContain(why);
      return status;
    },
    { timeout: waitMs },
  );
  expect(waiting).toMatchObject({ state: 'queued' });
  await third.bellhop.close();
  expect(homeserver.messages(room)).toHaveLength(2);
  expect(puts().filter(({ operation }) => operation !== 'setAccountData')).toHaveLength(before);
  expect(homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 0 });
});
