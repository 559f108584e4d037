import { afterAll, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import type { CryptoDevice, RoomFacts, Sharing } from '../crypto-device.ts';
import { KeyServer } from './key-server.contract.ts';
import { openCryptoDevices } from './open-crypto-devices.ts';
import { Reader } from './reader.contract.ts';
import { tempDevicesIn } from './temp-devices.contract.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const roomId = '!room:example.org';
const bot = '@bot:example.org';
const alice = '@alice:example.org';

const devices = openCryptoDevices({ clock: systemClock });
afterAll(async () => await devices.close());

function factsOf(changes: Partial<RoomFacts> = {}): RoomFacts {
  return {
    encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
    historyVisibility: 'shared',
    joined: [bot, alice],
    invited: [],
    ...changes,
  };
}

/** What the sending side does before each message. */
async function share(server: KeyServer, device: CryptoDevice, sharing: Sharing = 'all-devices') {
  await device.trackMembers(roomId);
  await server.pump(device, bot, 'BOT');
  for (;;) {
    const claim = await device.claimMissing(roomId);
    if (claim === undefined) break;
    await device.markSent(claim, server.answer(bot, 'BOT', claim));
  }
  const { requests, withheld } = await device.shareRoomKey(roomId, sharing);
  for (const request of requests) {
    await device.markSent(request, server.answer(bot, 'BOT', request));
  }
  return { requests, withheld };
}

async function send(server: KeyServer, device: CryptoDevice, content: object) {
  await share(server, device);
  return await device.encrypt(roomId, 'm.room.message', JSON.stringify(content));
}

function sessionOf(encrypted: string): string {
  return (JSON.parse(encrypted) as { session_id: string }).session_id;
}

async function prepare(device: CryptoDevice, server: KeyServer, facts: RoomFacts = factsOf()) {
  await server.pump(device, bot, 'BOT');
  await device.setRoom(roomId, facts);
}

it('a message can be read by a member who was given the key', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const reader = await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  await prepare(device, server);
  const encrypted = await send(server, device, { msgtype: 'm.text', body: 'Backup failed' });
  await reader.sync();
  expect(await reader.read(roomId, bot, encrypted)).toMatchObject({
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'Backup failed' },
  });
  expect(encrypted).not.toContain('Backup');
});

it('the relation stays readable, the replaced content does not', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const device = await temp.open('bot');
  await prepare(device, server);
  const relation = { rel_type: 'm.replace', event_id: '$first:example.org' };
  const encrypted = await send(server, device, {
    msgtype: 'm.text',
    body: '* secret',
    'm.new_content': { msgtype: 'm.text', body: 'secret' },
    'm.relates_to': relation,
  });
  expect(JSON.parse(encrypted)).toMatchObject({ 'm.relates_to': relation });
  expect(encrypted).not.toContain('new_content');
});

it('a key is given once, and again to a device that logs in later', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  await prepare(device, server);
  const first = await send(server, device, { body: 'one' });
  expect((await share(server, device)).requests).toEqual([]);
  const tablet = await Reader.join(server, alice, 'TABLET');
  const changed = JSON.stringify({ next_batch: 's', device_lists: { changed: [alice] } });
  await device.receiveSync(changed);
  const second = await send(server, device, { body: 'two' });
  expect(sessionOf(second)).toBe(sessionOf(first));
  await tablet.sync();
  expect(await tablet.read(roomId, bot, second)).toMatchObject({ content: { body: 'two' } });
});

it("devices that are in doubt are asked for again, everybody's", async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  await prepare(device, server);
  await send(server, device, { body: 'one' });
  const queries = async () =>
    (await device.outgoing()).filter(({ kind }) => kind === 'keys-query').length;
  expect(await queries()).toBe(0);
  await device.doubtDevices();
  expect(await queries()).toBe(1);
});

it('a member who leaves cannot read what comes after', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const reader = await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  await prepare(device, server);
  const first = await send(server, device, { body: 'one' });
  const leave = { type: 'm.room.member', state_key: alice, content: { membership: 'leave' } };
  const rooms = { join: { [roomId]: { timeline: { events: [leave] } } } };
  await device.receiveSync(server.sync(bot, 'BOT', rooms));
  const second = await send(server, device, { body: 'two' });
  expect(sessionOf(second)).not.toBe(sessionOf(first));
  await reader.sync();
  await expect(reader.read(roomId, bot, second)).rejects.toThrow();
});

it('a key is replaced after as many messages as the room says', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const device = await temp.open('bot');
  const encryption = '{"algorithm":"m.megolm.v1.aes-sha2","rotation_period_msgs":2}';
  await prepare(device, server, factsOf({ encryption }));
  const sessions = new Set<string>();
  for (let count = 0; count < 6; count++) {
    sessions.add(sessionOf(await send(server, device, { body: String(count) })));
  }
  expect(sessions.size).toBe(3);
});

it('a changed history visibility replaces the key', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const device = await temp.open('bot');
  await prepare(device, server);
  const first = await send(server, device, { body: 'one' });
  const content = { history_visibility: 'joined' };
  const change = { type: 'm.room.history_visibility', state_key: '', content };
  const rooms = { join: { [roomId]: { timeline: { events: [change] } } } };
  await device.receiveSync(server.sync(bot, 'BOT', rooms));
  const second = await send(server, device, { body: 'two' });
  expect(sessionOf(second)).not.toBe(sessionOf(first));
});

it('the invited get the key, unless only members may read what was said before they joined', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  const withoutMembers = { joined: [bot], invited: [alice] };
  await prepare(device, server, factsOf({ ...withoutMembers, historyVisibility: 'joined' }));
  expect((await share(server, device)).requests).toEqual([]);
  await device.setRoom(roomId, factsOf(withoutMembers));
  expect((await share(server, device)).requests).toHaveLength(1);
});

it('by default only devices that their owner has signed get the key; the others are told and counted', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const signed = await Reader.join(server, alice, 'PHONE');
  await signed.signItself();
  await Reader.join(server, '@carol:example.org', 'OLD');
  const device = await temp.open('bot');
  await prepare(device, server, factsOf({ joined: [bot, alice, '@carol:example.org'] }));
  await expect(share(server, device, 'cross-signed')).rejects.toMatchObject({
    code: 'identity_not_set_up',
  });
  await server.setUp(device, bot, 'BOT');
  await device.receiveSync(server.sync(bot, 'BOT'));
  const { requests, withheld } = await share(server, device, 'cross-signed');
  expect(withheld).toBe(1);
  const types = requests.map(({ path }) => path.split('/').at(-2));
  expect(types.sort()).toEqual(['m.room.encrypted', 'm.room_key.withheld']);
  const encrypted = await device.encrypt(roomId, 'm.room.message', '{"body":"one"}');
  await signed.sync();
  expect(await signed.read(roomId, bot, encrypted)).toMatchObject({ content: { body: 'one' } });
});

it('a message without a look at its key is refused instead of killing the engine', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const device = await temp.open('bot');
  await prepare(device, server);
  await expect(device.encrypt(roomId, 'm.room.message', '{}')).rejects.toMatchObject({
    code: 'bug',
  });
  await send(server, device, { body: 'one' });
  await expect(device.encrypt(roomId, 'm.room.message', '{}')).rejects.toMatchObject({
    code: 'bug',
  });
  expect(await device.rooms()).toEqual([roomId]);
});

it('a room that is encrypted in a way we do not know is refused', async () => {
  await using temp = tempDevicesIn(devices);
  const device = await temp.open('bot');
  await device.setRoom(roomId, factsOf({ encryption: '{"algorithm":"m.mls"}' }));
  await expect(device.shareRoomKey(roomId, 'all-devices')).rejects.toMatchObject({
    code: 'undeliverable',
  });
});

it('a claim asks for at most 100 devices, and ends when a server has no keys', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const users = ['@u1:example.org', '@u2:example.org', '@u3:example.org'];
  for (const userId of users) {
    for (let count = 0; count < 35; count++) await Reader.join(server, userId, `D${count}`);
  }
  const device = await temp.open('bot');
  await prepare(device, server, factsOf({ joined: [bot, ...users] }));
  await device.trackMembers(roomId);
  await server.pump(device, bot, 'BOT');
  const sizes: number[] = [];
  for (;;) {
    const claim = await device.claimMissing(roomId);
    if (claim === undefined) break;
    const { one_time_keys: keys } = JSON.parse(claim.body) as {
      one_time_keys: Record<string, object>;
    };
    sizes.push(Object.values(keys).flatMap((each) => Object.keys(each)).length);
    // The last user's server gives nothing.
    const answer = sizes.length === 1 ? server.answer(bot, 'BOT', claim) : '{"one_time_keys":{}}';
    await device.markSent(claim, answer);
  }
  expect(sizes).toEqual([70, 35]);
  const { requests } = await device.shareRoomKey(roomId, 'all-devices');
  const bodies = requests.filter(({ path }) => path.includes('m.room.encrypted'));
  const counts = bodies.map(({ body }) => {
    const { messages } = JSON.parse(body) as { messages: Record<string, object> };
    return Object.values(messages).flatMap((each) => Object.keys(each)).length;
  });
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(70);
});

it('a user of whom the server says nothing holds nobody up', { timeout: 4_000 }, async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const reader = await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  server.silent.add('@gone:example.org');
  await prepare(device, server, factsOf({ joined: [bot, alice, '@gone:example.org'] }));
  const encrypted = await send(server, device, { body: 'one' });
  await reader.sync();
  expect(await reader.read(roomId, bot, encrypted)).toMatchObject({ content: { body: 'one' } });
});

it('a claim waits for the query under way, and its answer comes through', {
  timeout: 4_000,
}, async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  await Reader.join(server, alice, 'PHONE');
  const device = await temp.open('bot');
  await prepare(device, server);
  await device.trackMembers(roomId);
  const queries = await device.outgoing();
  const claim = device.claimMissing(roomId);
  for (const query of queries) await device.markSent(query, server.answer(bot, 'BOT', query));
  expect((await claim)?.body).toContain('PHONE');
});
