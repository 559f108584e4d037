import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { loginPassword } from '../matrix/login.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import type { CryptoDevices } from './crypto-device.ts';
import { EncryptionFixture } from './encryption-fixture.contract.ts';
import { Identities } from './identity/identities.ts';
import { openCryptoDevices } from './worker/open-crypto-devices.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const devices = openCryptoDevices({ clock: systemClock });

afterAll(async () => {
  await devices.close();
});

/** A person replaces the identity of an account with a client elsewhere. */
async function resetElsewhere(at: EncryptionFixture, name: string): Promise<void> {
  const user = at.users.get(name);
  if (user === undefined) throw new Error(`There is no account ${name}.`);
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-elsewhere-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { userId, password } = user;
  const deviceId = 'ELSEWHERE';
  const homeserver = openNodeHomeserver(at.homeserver.baseUrl);
  const login = await loginPassword(homeserver, { user: userId, password, deviceId }, at.limit());
  const file = join(directory, 'elsewhere.db');
  const key = new Uint8Array(32).fill(9);
  const device = await devices.open({ account: 'elsewhere', userId, deviceId, file, key });
  const session = { homeserver, accessToken: login.accessToken, userId, deviceId };
  const owner = { account: 'elsewhere', session, device };
  await new Identities(randomBytes).reset(owner, () => Promise.resolve(password), at.limit());
  await device.close();
  await homeserver.close();
}

/** Devices that are opened when the homeserver has shown the account, and `work` has been done since. */
function openedAfter(at: EncryptionFixture, work: () => Promise<void>): CryptoDevices {
  const queries = () => at.exchanges.filter(({ path }) => path.endsWith('/keys/query')).length;
  const before = queries();
  return {
    prepare: () => undefined,
    open: async (options) => await devices.open(options),
    openKept: async (options) => {
      await at.when(queries, before + 1);
      await work();
      return await devices.openKept(options);
    },
    onCrash: (listener) => devices.onCrash(listener),
    close: () => Promise.resolve(),
  };
}

it('an identity that is replaced while the store is opened gives nobody a key', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  const members = [reader.user.userId as typeof main.userId];
  const roomId = at.homeserver.createRoom({ creator: main.userId, members, encrypted: true });
  const first = at.encryption({ follow: false });
  await at.say(first, 'main', roomId, 'before');
  await first.close();
  let resets = 0;
  const meanwhile = openedAfter(at, async () => {
    if (resets++ === 0) await resetElsewhere(at, 'main');
  });
  const second = at.encryption({ follow: false, devices: meanwhile });
  const differs = { code: 'identity_differs' };
  await expect(at.say(second, 'main', roomId, 'secret')).rejects.toMatchObject(differs);
  second.refresh();
  await expect(at.say(second, 'main', roomId, 'secret')).rejects.toMatchObject(differs);
  expect(second.reports()[0]).toMatchObject({ identity: 'server-has-other-keys' });
  expect(await at.read(reader, roomId)).toEqual(['before']);
});
