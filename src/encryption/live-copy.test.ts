import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { EncryptionFixture } from './encryption-fixture.contract.ts';
import { openCryptoDevices } from './worker/open-crypto-devices.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const devices = openCryptoDevices({ clock: systemClock });

afterAll(async () => {
  await devices.close();
});

const hourMs = 60 * 60_000;
const key = new Uint8Array(32).fill(7);

it('a copy that was made while the store was in use is known for old an hour later', async () => {
  await using at = await EncryptionFixture.open(devices);
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-live-copy-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const main = await at.addAccount('main', true);
  const file = join(directory, 'main.db');
  const homeserver = openNodeHomeserver(at.homeserver.baseUrl);
  onTestFinished(async () => await homeserver.close());
  const device = await devices.open({ account: 'main', ...main, file, key });
  const owner = { account: 'main', session: { ...main, homeserver }, device };
  await at.identities.setUp(owner, () => Promise.resolve(undefined), at.limit());
  await device.close();
  const clock = new ManualClock();
  const open = () => at.encryption({ directory, key: () => key, clock, follow: false });
  const roomId = at.homeserver.createRoom({ creator: main.userId, encrypted: true });
  const first = open();
  await at.say(first, 'main', roomId, 'one');
  // By another process, as a backup does: to close it here would let go of the lock.
  const copies = ['', '-wal'].map((ending) => [`${file}${ending}`, `${file}${ending}.backup`]);
  for (const [from, to] of copies) execFileSync('cp', [from ?? '', to ?? '']);
  clock.advance(hourMs);
  await at.say(first, 'main', roomId, 'two');
  await first.close();
  for (const [from, to] of copies) execFileSync('cp', [to ?? '', from ?? '']);
  await expect(at.say(open(), 'main', roomId, 'three')).rejects.toMatchObject({
    code: 'store_outdated',
  });
  expect(at.homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 0 });
});
