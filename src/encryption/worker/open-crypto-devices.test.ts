import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { CryptoDevice } from '../crypto-device.ts';
import { deadly } from './deadly-users.contract.ts';
import { KeyServer } from './key-server.contract.ts';
import { openCryptoDevices } from './open-crypto-devices.ts';
import { tempDevices, tempDevicesIn } from './temp-devices.contract.ts';

const shared = openCryptoDevices({ clock: systemClock });
afterAll(async () => await shared.close());

const threadFile = new URL('mortal-worker.contract.ts', import.meta.url);
/** No thread can be started with it. */
const nowhere = new URL('nowhere.ts', import.meta.url);
const roomId = '!room:example.org';
const facts = {
  encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
  historyVisibility: 'shared',
  joined: ['@bot:example.org'],
  invited: [],
} as const;

async function encryptOne(device: CryptoDevice): Promise<{ session: string; index: number }> {
  await device.shareRoomKey(roomId, 'all-devices');
  const content = JSON.parse(await device.encrypt(roomId, 'm.room.message', '{}')) as {
    ciphertext: string;
    session_id: string;
  };
  // A Megolm message is its version, the tag of the index, and the index as a varint; small ones are one byte.
  const index = Buffer.from(content.ciphertext, 'base64')[2] ?? -1;
  return { session: content.session_id, index };
}

it('a device is the same after it was closed and opened again', async () => {
  await using temp = tempDevicesIn(shared);
  const first = await temp.open('bot');
  expect(first.opened).toMatchObject({ isNew: true, starts: 1, syncToken: undefined });
  await first.receiveSync('{"next_batch":"s1"}');
  await first.setRoom(roomId, facts);
  await first.close();
  const second = await temp.open('bot');
  expect(second.opened).toEqual({
    keys: first.opened.keys,
    isNew: false,
    starts: 2,
    syncToken: 's1',
  });
  expect(await second.room(roomId)).toEqual(facts);
  expect(statSync(join(temp.directory, 'bot.db')).mode & 0o777).toBe(0o600);
  await expect(first.rooms()).rejects.toMatchObject({ code: 'shutting_down' });
  await first.close();
});

it('a store does not open with another key, and is not harmed by the attempt', async () => {
  await using temp = tempDevicesIn(shared);
  const first = await temp.open('bot');
  await first.close();
  const key = new Uint8Array(32).fill(8);
  await expect(temp.open('bot', { key })).rejects.toMatchObject({
    code: 'encryption_store_unusable',
  });
  await expect(temp.open('bot', { key: new Uint8Array(5) })).rejects.toMatchObject({
    code: 'encryption_store_unusable',
  });
  expect((await temp.open('bot')).opened).toMatchObject({ keys: first.opened.keys, isNew: false });
});

it('what is in a store cannot be read without its key', async () => {
  await using temp = tempDevicesIn(shared);
  const device = await temp.open('bot');
  const server = new KeyServer();
  await server.setUp(device, '@bot:example.org', 'BOT');
  const keys = await device.exportCrossSigning();
  await device.close();
  const bytes = readFileSync(join(temp.directory, 'bot.db')).toString('latin1');
  for (const key of Object.values(keys ?? {})) expect(bytes).not.toContain(key);
  expect(Object.values(keys ?? {})).toHaveLength(3);
});

it('the store of another device is begun anew', async () => {
  await using temp = tempDevicesIn(shared);
  const first = await temp.open('bot');
  await first.receiveSync('{"next_batch":"s1"}');
  await first.setRoom(roomId, facts);
  await first.close();
  const other = await temp.open('bot', { deviceId: 'OTHER' });
  expect(other.opened).toMatchObject({ isNew: true, starts: 1, syncToken: undefined });
  expect(other.opened.keys).not.toEqual(first.opened.keys);
  expect(await other.rooms()).toEqual([]);
});

it("a store that is to be kept is opened if it is the device's own, and never begun", async () => {
  await using temp = tempDevicesIn(shared);
  const options = temp.optionsOf('bot');
  expect(await shared.openKept(options)).toBeUndefined();
  expect(existsSync(options.file)).toBe(false);
  const first = await temp.open('bot');
  await first.close();
  expect(await shared.openKept({ ...options, deviceId: 'OTHER' })).toBeUndefined();
  const kept = await shared.openKept(options);
  expect(kept?.opened).toMatchObject({ keys: first.opened.keys, isNew: false, starts: 2 });
  const refusal = { code: 'encryption_store_unusable' };
  await expect(shared.openKept(options)).rejects.toMatchObject(refusal);
  await kept?.close();
  const key = new Uint8Array(32).fill(8);
  await expect(shared.openKept({ ...options, key })).rejects.toMatchObject(refusal);
});

it('a store whose making was cut short is not kept', async () => {
  await using temp = tempDevicesIn(shared);
  const options = temp.optionsOf('bot');
  writeFileSync(options.file, '');
  expect(await shared.openKept(options)).toBeUndefined();
  expect((await temp.open('bot')).opened).toMatchObject({ isNew: true, starts: 1 });
});

it('an older copy shows by its count of starts', async () => {
  await using temp = tempDevicesIn(shared);
  const file = join(temp.directory, 'bot.db');
  const start = async () => {
    const device = await temp.open('bot');
    await device.close();
    return device.opened.starts;
  };
  await start();
  copyFileSync(file, `${file}.copy`);
  const latest = Math.max(await start(), await start());
  copyFileSync(`${file}.copy`, file);
  expect(await start()).toBeLessThanOrEqual(latest);
});

it('a device that is open is not opened twice', async () => {
  await using temp = tempDevices();
  await using other = tempDevices();
  await temp.open('bot');
  const refusal = { code: 'encryption_store_unusable' };
  await expect(temp.open('bot')).rejects.toMatchObject(refusal);
  await expect(other.devices.open(temp.optionsOf('bot'))).rejects.toMatchObject(refusal);
});

it('a file that is no store is left alone', async () => {
  await using temp = tempDevicesIn(shared);
  const file = new URL(import.meta.url).pathname;
  const copy = join(temp.directory, 'bot.db');
  copyFileSync(file, copy);
  await expect(temp.open('bot')).rejects.toMatchObject({ code: 'encryption_store_unusable' });
  expect(readFileSync(copy)).toEqual(readFileSync(file));
});

it.each([
  ['a panic of the engine', deadly.panic],
  ['the end of the thread', deadly.exit],
])(
  '%s ends the calls under way, is reported once, and leaves every device as it was',
  async (_, user) => {
    await using temp = tempDevices({ threadFile });
    const crashes: Error[] = [];
    temp.devices.onCrash((error) => crashes.push(error));
    const bot = await temp.open('bot');
    const other = await temp.open('other');
    const server = new KeyServer();
    await server.pump(bot, '@bot:example.org', 'BOT');
    await bot.setRoom(roomId, facts);
    const before = [await encryptOne(bot), await encryptOne(bot)];
    const crashed = { code: 'encryption_crashed' };
    await expect(bot.masterKeyOf(user)).rejects.toMatchObject(crashed);
    await expect(other.rooms()).rejects.toMatchObject(crashed);
    expect(crashes).toHaveLength(1);
    const again = await temp.open('bot');
    expect(again.opened).toMatchObject({ keys: bot.opened.keys, isNew: false, starts: 2 });
    expect((await temp.open('other')).opened.keys).toEqual(other.opened.keys);
    const after = await encryptOne(again);
    expect([...before, after].map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set([...before, after].map(({ session }) => session)).size).toBe(1);
  },
);

it('a crash says what the engine said', async () => {
  await using temp = tempDevices({ threadFile });
  const bot = await temp.open('bot');
  const failure: unknown = await bot.masterKeyOf(deadly.panic).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(String((failure as Failure).cause)).toContain("Session wasn't created nor shared");
});

it('a thread that does not answer any more is ended', async () => {
  const clock = new ManualClock();
  await using temp = tempDevices({ threadFile, clock });
  const bot = await temp.open('bot');
  const silent = bot.masterKeyOf(deadly.silence);
  clock.advance(120_000);
  await expect(silent).rejects.toMatchObject({ code: 'encryption_crashed' });
  expect((await temp.open('bot')).opened.starts).toBe(2);
});

it('a thread that dies again and again has to wait before it is started', async () => {
  const clock = new ManualClock();
  await using temp = tempDevices({ threadFile: nowhere, clock });
  const death = async () =>
    await temp.open('bot').then(
      () => undefined,
      (error: Failure) => [error.code, error.retryAfterMs],
    );
  for (let deaths = 0; deaths < 4; deaths++) {
    expect(await death()).toEqual(['encryption_crashed', undefined]);
  }
  expect(await death()).toEqual(['encryption_crashed', 1_000]);
  clock.advance(1_000);
  expect(await death()).toEqual(['encryption_crashed', undefined]);
  expect(await death()).toEqual(['encryption_crashed', 2_000]);
});

it('one thread holds the devices of twenty accounts', async () => {
  await using temp = tempDevices();
  const accounts = Array.from({ length: 20 }, (_, number) => `bot${number}`);
  const devices = await Promise.all(accounts.map(async (account) => await temp.open(account)));
  expect(new Set(devices.map(({ opened }) => opened.keys.ed25519)).size).toBe(20);
  const outgoing = await Promise.all(devices.map(async (device) => await device.outgoing()));
  expect(outgoing.map((requests) => requests.map(({ kind }) => kind))).toEqual(
    accounts.map(() => ['keys-upload', 'keys-query']),
  );
});

it('closing waits for what is under way, and nothing is opened afterwards', async () => {
  await using temp = tempDevices();
  const bot = await temp.open('bot');
  const rooms = bot.rooms();
  await temp.devices.close();
  expect(await rooms).toEqual([]);
  await expect(temp.open('bot')).rejects.toMatchObject({ code: 'shutting_down' });
  await expect(bot.rooms()).rejects.toMatchObject({ code: 'encryption_crashed' });
});

it('nothing is started before a device is opened', async () => {
  const devices = openCryptoDevices({ clock: systemClock, threadFile: nowhere });
  await devices.close();
  await expect(devices.open({} as never)).rejects.toMatchObject({ code: 'shutting_down' });
});
