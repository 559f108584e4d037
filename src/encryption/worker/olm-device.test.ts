import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeviceOptions } from '../crypto-device.ts';
import { type DeviceStore, openDeviceStore } from './device-store.ts';
import { KeyServer } from './key-server.contract.ts';
import { OlmDevice } from './olm-device.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const bot = '@bot:example.org';
const alice = '@alice:example.org';
const roomId = '!room:example.org';
const facts = {
  encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
  historyVisibility: 'shared',
  joined: [bot],
  invited: [],
} as const;

let directory: string;
let device: OlmDevice;
let stores: DeviceStore[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bellhop-device-'));
  stores = [];
  const file = join(directory, 'bot.db');
  const key = new Uint8Array(32).fill(7);
  device = await OlmDevice.open(
    { account: 'bot', userId: bot, deviceId: 'BOT', file, key },
    async (options: DeviceOptions) => {
      const store = await openDeviceStore(options);
      stores.push(store);
      return store;
    },
  );
});

afterEach(async () => {
  await device.close();
  rmSync(directory, { recursive: true, force: true });
});

function sync(token: string, room: object, section = 'join'): string {
  return JSON.stringify({ next_batch: token, rooms: { [section]: { [roomId]: room } } });
}

function member(userId: string, membership: string) {
  return { type: 'm.room.member', state_key: userId, content: { membership } };
}

it('a room is followed from the moment it is kept, and not before', async () => {
  await device.receiveSync(sync('s1', { timeline: { events: [member(alice, 'join')] } }));
  expect(await device.room(roomId)).toBeUndefined();
  await device.setRoom(roomId, facts);
  await device.receiveSync(sync('s2', { timeline: { events: [member(alice, 'invite')] } }));
  expect(await device.room(roomId)).toEqual({ ...facts, invited: [alice] });
  await device.receiveSync(sync('s3', { timeline: { events: [member(alice, 'join')] } }));
  expect(await device.room(roomId)).toEqual({ ...facts, joined: [alice, bot] });
});

it('the members of a room that was left are uncertain until they are set again', async () => {
  await device.setRoom(roomId, facts);
  await device.receiveSync(sync('s1', {}, 'leave'));
  expect(await device.room(roomId)).toBeUndefined();
  expect(await device.rooms()).toEqual([roomId]);
  await expect(device.shareRoomKey(roomId, 'all-devices')).rejects.toMatchObject({
    code: 'matrix_refused',
  });
  await device.receiveSync(sync('s2', { timeline: { events: [member(alice, 'join')] } }));
  expect(await device.room(roomId)).toBeUndefined();
  await device.setRoom(roomId, facts);
  expect(await device.room(roomId)).toEqual(facts);
});

it('a room once encrypted stays so, whatever is set', async () => {
  await device.setRoom(roomId, facts);
  await device.setRoom(roomId, { ...facts, encryption: '{}' });
  expect((await device.room(roomId))?.encryption).toBe(facts.encryption);
});

it('what is no room id is not kept', async () => {
  await expect(device.setRoom('ops', facts)).rejects.toMatchObject({ code: 'bug' });
  expect(await device.rooms()).toEqual([]);
});

it('user ids that are none are passed over', async () => {
  const joined = [bot, 'nobody', '@no-server', ''];
  await device.setRoom(roomId, { ...facts, joined });
  await device.trackMembers(roomId);
  const body = { next_batch: 's1', device_lists: { changed: ['nobody'], left: [''] } };
  await device.receiveSync(JSON.stringify(body));
  expect((await device.shareRoomKey(roomId, 'all-devices')).requests).toEqual([]);
});

it('an answer that is none is refused, and what was asked for stays', async () => {
  const refusal = { code: 'homeserver_unusable' };
  await expect(device.receiveSync('<html>')).rejects.toMatchObject(refusal);
  const [upload, query] = await device.outgoing();
  if (upload === undefined || query === undefined) throw new Error('Two requests are expected.');
  for (const answer of ['', '<html>', '[]', '{"one_time_key_counts":[', '{"device_keys":7}']) {
    const request = answer.includes('device_keys') ? query : upload;
    await expect(device.markSent(request, answer)).rejects.toMatchObject(refusal);
  }
  const bodies = (await device.outgoing()).map(({ body }) => body);
  expect(bodies).toEqual([upload.body, query.body]);
});

it('a full disk loses nothing: nothing leaves, and all goes on when there is room', async () => {
  const server = new KeyServer();
  await server.pump(device, bot, 'BOT');
  await device.setRoom(roomId, facts);
  await device.shareRoomKey(roomId, 'all-devices');
  // SQLite takes no more pages than there are.
  stores[0]?.crypto.database.exec('PRAGMA max_page_count = 1');
  const joined = Array.from({ length: 2_000 }, (_, number) => `@user${number}:example.org`);
  const full = { code: 'storage_full' };
  const rejected = expect(device.setRoom(roomId, { ...facts, joined })).rejects.toMatchObject(full);
  // What was asked for in the meantime is refused too.
  await expect(device.encrypt(roomId, 'm.room.message', '{}')).rejects.toMatchObject(full);
  await rejected;
  expect(await device.room(roomId)).toEqual(facts);
  expect(stores).toHaveLength(2);
  expect(stores[1]?.opened).toMatchObject({ keys: device.opened.keys, isNew: false });
  await device.shareRoomKey(roomId, 'all-devices');
  await expect(device.encrypt(roomId, 'm.room.message', '{}')).resolves.toContain('ciphertext');
});

it('a sync that could not be stored comes again whole', async () => {
  const server = new KeyServer();
  await server.pump(device, bot, 'BOT');
  await device.setRoom(roomId, facts);
  await device.shareRoomKey(roomId, 'all-devices');
  stores[0]?.crypto.database.exec('PRAGMA max_page_count = 1');
  const users = Array.from({ length: 2_000 }, (_, number) => `@user${number}:example.org`);
  const events = users.map((userId) => member(userId, 'join'));
  const body = sync('s1', { timeline: { events } });
  await expect(device.receiveSync(body)).rejects.toMatchObject({ code: 'storage_full' });
  // The engine that shared the key is gone; sharing it again is all there is to do.
  await expect(device.encrypt(roomId, 'm.room.message', '{}')).rejects.toMatchObject({
    code: 'encryption_crashed',
  });
  expect((await device.room(roomId))?.joined).toEqual([bot]);
  expect(stores[1]?.opened.syncToken).toBeUndefined();
  await device.receiveSync(body);
  expect((await device.room(roomId))?.joined).toHaveLength(2_001);
});

it.each(['"secret"', '["secret"]', '7', '{"body":"secret', ''])(
  'what is no event content is refused without a word of it, and the engine lives: %j',
  async (content) => {
    const server = new KeyServer();
    await server.pump(device, bot, 'BOT');
    await device.setRoom(roomId, facts);
    await device.shareRoomKey(roomId, 'all-devices');
    const thrown: unknown = await device
      .encrypt(roomId, 'm.room.message', content)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'undeliverable', cause: undefined });
    expect(String(thrown)).not.toContain('secret');
    await device.shareRoomKey(roomId, 'all-devices');
    await expect(device.encrypt(roomId, 'm.room.message', '{}')).resolves.toContain('ciphertext');
  },
);
