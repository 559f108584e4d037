import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeyServer } from './key-server.contract.ts';
import { OlmDevice } from './olm-device.ts';
import { Reader } from './reader.contract.ts';
import { type TempDevices, tempDevicesIn } from './temp-devices.contract.ts';

const bot = '@bot:example.org';
const alice = '@alice:example.org';
const roomId = '!room:example.org';
const dayMs = 86_400_000;

let temp: TempDevices;

beforeEach(() => {
  // The engine asks the thread it is in for the time, so it is in this one.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
  temp = tempDevicesIn({
    open: async (options) => await OlmDevice.open(options),
    openKept: async (options) => await OlmDevice.openKept(options),
    prepare: () => undefined,
    onCrash: () => () => undefined,
    close: () => Promise.resolve(),
  });
});

afterEach(async () => {
  vi.useRealTimers();
  await temp[Symbol.asyncDispose]();
});

async function send(server: KeyServer, device: OlmDevice, body: string) {
  await device.trackMembers(roomId);
  await server.pump(device, bot, 'BOT');
  const claim = await device.claimMissing(roomId);
  if (claim !== undefined) await device.markSent(claim, server.answer(bot, 'BOT', claim));
  const { requests } = await device.shareRoomKey(roomId, 'all-devices');
  for (const request of requests) {
    await device.markSent(request, server.answer(bot, 'BOT', request));
  }
  return await device.encrypt(roomId, 'm.room.message', JSON.stringify({ body }));
}

const sessionOf = (encrypted: string) =>
  (JSON.parse(encrypted) as { session_id: string }).session_id;

it.each([
  { words: 'an hour', aheadMs: dayMs / 24, isReplaced: false },
  { words: 'a week', aheadMs: 7 * dayMs, isReplaced: true },
])('a key that is $words old when the clock jumps is replaced: $isReplaced', async (jump) => {
  const server = new KeyServer();
  const reader = await Reader.join(server, alice, 'PHONE');
  const device = (await temp.open('bot')) as OlmDevice;
  await server.pump(device, bot, 'BOT');
  await device.setRoom(roomId, {
    encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
    historyVisibility: 'shared',
    joined: [bot, alice],
    invited: [],
  });
  const before = await send(server, device, 'before');
  vi.setSystemTime(Date.now() + jump.aheadMs);
  const after = await send(server, device, 'after');
  expect(sessionOf(after) !== sessionOf(before)).toBe(jump.isReplaced);
  // A clock that is set right again takes nothing back.
  vi.setSystemTime(Date.now() - jump.aheadMs);
  const right = await send(server, device, 'right');
  await reader.sync();
  for (const [body, encrypted] of Object.entries({ before, after, right })) {
    expect(await reader.read(roomId, bot, encrypted)).toMatchObject({ content: { body } });
  }
});
