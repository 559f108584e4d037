import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../matrix/json.ts';
import { KeyServer } from './key-server.contract.ts';
import { OlmDevice } from './olm-device.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const bot = '@bot:example.org';
const dayMs = 86_400_000;

let directory: string;
let server: KeyServer;
let device: OlmDevice;

async function open(): Promise<OlmDevice> {
  const file = join(directory, 'bot.db');
  const key = new Uint8Array(32).fill(7);
  return await OlmDevice.open({ account: 'bot', userId: bot, deviceId: 'BOT', file, key });
}

beforeEach(async () => {
  // The engine asks the thread it is in for the time, so it is in this one.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
  directory = mkdtempSync(join(tmpdir(), 'bellhop-sync-'));
  server = new KeyServer();
  device = await open();
  await server.pump(device, bot, 'BOT');
});

afterEach(async () => {
  vi.useRealTimers();
  await device.close();
  rmSync(directory, { recursive: true, force: true });
});

function answer(token: string, changes: JsonObject = {}): string {
  return JSON.stringify({
    next_batch: token,
    device_one_time_keys_count: { signed_curve25519: 50 },
    device_unused_fallback_key_types: ['signed_curve25519'],
    ...changes,
  });
}

/** Whether anything is written for the answer: the log grows with every commit that has something in it. */
async function writes(body: string): Promise<boolean> {
  const size = () => statSync(join(directory, 'bot.db-wal')).size;
  const before = size();
  await device.receiveSync(body);
  return size() > before;
}

const kindsOf = async () => (await device.outgoing()).map(({ kind }) => kind);

it('what has been told before is not written down again, whatever its token', async () => {
  expect(await writes(answer('s1'))).toBe(true);
  expect(await writes(answer('s1'))).toBe(false);
  expect(await writes(answer('s2'))).toBe(false);
  await device.close();
  device = await open();
  expect(device.opened.syncToken).toBe('s1');
  expect(await writes(answer('s3'))).toBe(false);
});

it.each([
  ['a count of keys', { device_one_time_keys_count: { signed_curve25519: 49 } }],
  ['a used fallback key', { device_unused_fallback_key_types: [] }],
  ["somebody else's device", { device_lists: { changed: ['@alice:example.org'] } }],
  ['somebody who left', { device_lists: { left: ['@alice:example.org'] } }],
  ['a message', { to_device: { events: [{ type: 'm.dummy', sender: bot, content: {} }] } }],
  ['a room', { rooms: { join: { '!room:example.org': {} } } }],
])('an answer with %s is written down with its token', async (_, changes) => {
  await device.receiveSync(answer('s1'));
  expect(await writes(answer('s2', changes))).toBe(true);
  await device.close();
  device = await open();
  expect(device.opened.syncToken).toBe('s2');
});

it('keys that were taken while as many were uploaded are replaced, though the count is that of before', async () => {
  const fewer = { device_one_time_keys_count: { signed_curve25519: 40 } };
  await device.receiveSync(answer('s1', fewer));
  expect(await kindsOf()).toContain('keys-upload');
  const [upload] = (await device.outgoing()).filter(({ kind }) => kind === 'keys-upload');
  if (upload === undefined) throw new Error('Nothing was uploaded.');
  await device.markSent(upload, '{"one_time_key_counts":{"signed_curve25519":50}}');
  expect(await kindsOf()).not.toContain('keys-upload');
  await device.receiveSync(answer('s2', fewer));
  expect(await kindsOf()).toContain('keys-upload');
});

it('after a message of another device every sync is told, until the store is opened anew', async () => {
  await device.receiveSync(answer('s1'));
  const events = [{ type: 'm.dummy', sender: '@alice:example.org', content: {} }];
  await device.receiveSync(answer('s2', { to_device: { events } }));
  expect(await writes(answer('s3'))).toBe(true);
  expect(await writes(answer('s4'))).toBe(true);
  await device.close();
  device = await open();
  expect(await writes(answer('s5'))).toBe(false);
});

it('after a lost token the next one is written down, whatever comes with it', async () => {
  await device.receiveSync(answer('lost'));
  await device.doubtDevices();
  expect(await writes(answer('s1'))).toBe(true);
  await device.close();
  device = await open();
  expect(device.opened.syncToken).toBe('s1');
});

it('a device to which nothing happens replaces its fallback key after a week, and its token after a day', async () => {
  await device.receiveSync(answer('s1'));
  await server.pump(device, bot, 'BOT');
  await device.receiveSync(answer('s2'));
  vi.setSystemTime(Date.now() + dayMs - 1);
  expect(await writes(answer('s3'))).toBe(false);
  vi.setSystemTime(Date.now() + 1);
  expect(await writes(answer('s4'))).toBe(true);
  expect(await kindsOf()).not.toContain('keys-upload');
  vi.setSystemTime(Date.now() + 7 * dayMs);
  await device.receiveSync(answer('s5'));
  expect(await kindsOf()).toContain('keys-upload');
});

it('a clock that was set back does not put a look at the keys off', async () => {
  await device.receiveSync(answer('s1'));
  vi.setSystemTime(Date.now() - dayMs);
  expect(await writes(answer('s2'))).toBe(true);
});
