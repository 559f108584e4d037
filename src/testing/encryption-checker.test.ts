import { expect, it } from 'vitest';
import type { RoomId } from '../matrix/ids.ts';
import { EncryptionChecker } from './encryption-checker.ts';
import { type FakeHomeserver, startFakeHomeserver } from './fake-homeserver.ts';
import { OlmClient } from './olm-client.contract.ts';

interface Scene extends AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly roomId: RoomId;
  readonly bot: OlmClient;
  readonly reader: OlmClient;
  readonly members: readonly string[];
  readonly put: (txnId: string, content: string) => Promise<string>;
}

async function open(): Promise<Scene> {
  const homeserver = await startFakeHomeserver();
  const [sender, receiver] = [homeserver.createUser('bot'), homeserver.createUser('reader')];
  const members = [sender.userId, receiver.userId];
  const roomId = homeserver.createRoom({
    creator: sender.userId,
    members: [receiver.userId],
    encrypted: true,
  });
  const bot = await OlmClient.start(homeserver.baseUrl, sender);
  const reader = await OlmClient.start(homeserver.baseUrl, receiver);
  const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/`;
  return {
    homeserver,
    roomId,
    bot,
    reader,
    members,
    put: (txnId, content) => bot.call('PUT', path + txnId, content),
    [Symbol.asyncDispose]: () => homeserver.stop(),
  };
}

/** Text in unpadded base64 whose byte at `place`, counted from the end when negative, is another. */
function tampered(base64: string, place: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = place < 0 ? bytes.length + place : place;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64').replaceAll('=', '');
}

it('two devices understand each other, and nothing is used twice', async () => {
  await using scene = await open();
  const { homeserver, bot, reader, roomId } = scene;
  await bot.sync();
  for (const word of ['one', 'two', 'three']) {
    const content = await bot.encrypt(roomId, scene.members, 'm.room.message', { body: word });
    await scene.put(word, content);
    await scene.put(word, content);
  }
  const answer = await reader.sync();
  const events = homeserver.messages(roomId);
  expect(events).toHaveLength(3);
  const clear = await Promise.all(events.map((event) => reader.decrypt(roomId, event)));
  expect(clear.map(({ body }) => body)).toEqual(['one', 'two', 'three']);
  expect(answer.to_device?.events.map(({ type }) => type)).toEqual(['m.room.encrypted']);
  expect(homeserver.encryptionViolations).toEqual({
    oneTimeKeys: 0,
    olm: 0,
    megolm: 0,
    examples: [],
  });
});

it('a Megolm index that encrypts two events is noticed, also where the answer is a fault', async () => {
  await using scene = await open();
  const { homeserver, bot, roomId } = scene;
  const content = await bot.encrypt(roomId, scene.members, 'm.room.message', { body: 'one' });
  await scene.put('1', content);
  const encrypted = JSON.parse(content) as { ciphertext: string };
  // The MAC and the signature are the last 72 bytes; before them is what was encrypted.
  const other = { ...encrypted, ciphertext: tampered(encrypted.ciphertext, -73) };
  homeserver.fault('sendMessage', { kind: 'html' }, { times: 1 });
  await expect(scene.put('2', JSON.stringify(other))).rejects.toThrow('502');
  expect(homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 1 });
});

it('an Olm chain index that encrypts two messages is noticed', async () => {
  await using scene = await open();
  const { homeserver, bot, reader, roomId } = scene;
  await bot.encrypt(roomId, scene.members, 'm.room.message', { body: 'one' });
  const { to_device: toDevice } = await reader.sync();
  const content = toDevice?.events[0]?.content as { ciphertext: Record<string, { body: string }> };
  const [key, message] = Object.entries(content.ciphertext)[0] ?? [];
  if (key === undefined || message === undefined) throw new Error('No key was shared.');
  const send = (txnId: string, body: string) => {
    const again = { ...content, ciphertext: { [key]: { ...message, body } } };
    const messages = { [reader.user.userId]: { [reader.user.deviceId]: again } };
    const path = `/sendToDevice/m.room.encrypted/${txnId}`;
    return bot.call('PUT', path, JSON.stringify({ messages }));
  };
  await send('same', message.body);
  expect(homeserver.encryptionViolations).toMatchObject({ olm: 0 });
  // The MAC is the last 8 bytes.
  await send('other', tampered(message.body, -9));
  expect(homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 1, megolm: 0 });
});

it('a one-time key that is uploaded again with other content is noticed, also once it was claimed', async () => {
  await using homeserver = await startFakeHomeserver();
  const { userId, deviceId, accessToken } = homeserver.createUser('bot');
  const call = async (path: string, body: unknown) => {
    const response = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/keys/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}` },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const upload = (key: string) =>
    call('upload', { one_time_keys: { 'signed_curve25519:A': { key, signatures: {} } } });
  expect([await upload('first'), await upload('first')]).toEqual([200, 200]);
  expect(homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0 });
  expect(await upload('second')).toBe(400);
  await call('claim', { one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } });
  expect(await upload('third')).toBe(200);
  expect(homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 2, olm: 0, megolm: 0 });
});

it('what is no ciphertext is passed over', () => {
  const checker = new EncryptionChecker();
  for (const content of [undefined, 'x', {}, { session_id: 'S', ciphertext: 'AAAA' }]) {
    checker.roomEvent(content);
    checker.toDevice(content);
  }
  checker.toDevice({ ciphertext: { key: { type: 0, body: 'AAAA' }, other: { type: 1 } } });
  checker.toDeviceRequest({ messages: { '@a:b': 'x' } });
  expect(checker.violations().examples).toEqual([]);
});
