import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { KeyServer } from './key-server.contract.ts';
import { mendAnswer } from './mend-answer.ts';
import { OlmDevice } from './olm-device.ts';
import { Reader } from './reader.contract.ts';
import { type TempDevices, tempDevicesIn } from './temp-devices.contract.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const bot = '@bot:example.org';
const alice = '@alice:example.org';
const eve = '@eve:example.org';
const roomId = '!room:example.org';

let temp: TempDevices | undefined;

afterEach(async () => await temp?.[Symbol.asyncDispose]());

/** A device in a room with alice, and with eve, whose own server says of her what it likes. */
async function inRoomWithEve(server: KeyServer): Promise<OlmDevice> {
  temp = tempDevicesIn({
    openKept: async (options) => await OlmDevice.openKept(options),
    open: async (options) => await OlmDevice.open(options),
    prepare: () => undefined,
    onCrash: () => () => undefined,
    close: () => Promise.resolve(),
  });
  const device = (await temp.open('bot')) as OlmDevice;
  await server.pump(device, bot, 'BOT');
  const encryption = '{"algorithm":"m.megolm.v1.aes-sha2"}';
  const joined = [bot, alice, eve];
  await device.setRoom(roomId, { encryption, historyVisibility: 'shared', joined, invited: [] });
  await device.trackMembers(roomId);
  return device;
}

type Rubbish = Readonly<Record<string, unknown>>;

/** The homeserver's answer, in which it passes on what eve's server says of her. */
function withRubbish(answer: string, rubbish: Rubbish): string {
  const given = JSON.parse(answer) as Record<string, object>;
  const parts = Object.entries(rubbish);
  const changed = parts.map(([part, value]) => [part, { ...given[part], [eve]: value }]);
  return JSON.stringify({ ...given, ...Object.fromEntries(changed) });
}

it.each<[string, Rubbish, Rubbish]>([
  ['the devices of a user are none', { device_keys: 7 }, {}],
  ['a device is none', { device_keys: { EVE: [] }, master_keys: 'x' }, {}],
  ['what was claimed of a user is nothing', {}, { one_time_keys: [] }],
  ['what was claimed of a device is nothing', {}, { one_time_keys: { EVE: 7 } }],
  ['a key has no id', {}, { one_time_keys: { EVE: { key: {} } } }],
])('where %s, the others are given the key all the same', async (_, queried, claimed) => {
  const server = new KeyServer();
  const reader = await Reader.join(server, alice, 'PHONE');
  await Reader.join(server, eve, 'EVE');
  const device = await inRoomWithEve(server);
  for (const request of await device.outgoing()) {
    const answer = server.answer(bot, 'BOT', request);
    await device.markSent(request, withRubbish(answer, queried));
  }
  const claim = await device.claimMissing(roomId);
  if (claim === undefined) throw new Error('A claim is expected.');
  await device.markSent(claim, withRubbish(server.answer(bot, 'BOT', claim), claimed));
  expect(await device.claimMissing(roomId)).toBeUndefined();
  for (const request of (await device.shareRoomKey(roomId, 'all-devices')).requests) {
    await device.markSent(request, server.answer(bot, 'BOT', request));
  }
  const encrypted = await device.encrypt(roomId, 'm.room.message', '{"body":"hello"}');
  await reader.sync();
  expect(await reader.read(roomId, bot, encrypted)).toMatchObject({ content: { body: 'hello' } });
});

it.each(['<html>', '[]', '{"device_keys":7}', '{"device_keys":{'])(
  "an answer that is the homeserver's own mistake is not mended: %j",
  (answer) => {
    expect(mendAnswer('keys-query', answer)).toBeUndefined();
  },
);

it('what is mended is JSON, and mended again the same', () => {
  const users = fc.dictionary(fc.oneof(fc.constant(eve), fc.string()), fc.jsonValue());
  fc.assert(
    fc.property(users, fc.constantFrom('keys-query', 'keys-claim'), (said, kind) => {
      const part = kind === 'keys-query' ? 'device_keys' : 'one_time_keys';
      const mended = mendAnswer(kind, JSON.stringify({ [part]: said }));
      expect(mendAnswer(kind, mended ?? '')).toBe(mended);
      expect(mended).toBeDefined();
    }),
  );
});
