import { afterAll, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import { EncryptionFixture } from './encryption-fixture.contract.ts';
import { StoredReader } from './stored-reader.contract.ts';
import { openCryptoDevices } from './worker/open-crypto-devices.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const devices = openCryptoDevices({ clock: systemClock });

afterAll(async () => {
  await devices.close();
});

/** A key for each message, so that each has to be given out. */
const encryption = { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 1 };

it('a reader whose one-time keys are used up is reached by its fallback key, by everybody', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  const other = await at.addAccount('other');
  using reader = await at.addReader('reader');
  const { userId, deviceId } = reader.user as typeof main;
  const members = [other.userId, userId];
  const roomId = at.homeserver.createRoom({ creator: main.userId, members, encrypted: true });
  using greedy = await at.addReader('greedy');
  const body = JSON.stringify({ one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } });
  while (at.homeserver.oneTimeKeyCount(userId, deviceId) > 0) {
    await greedy.call('POST', '/keys/claim', body);
  }
  const encryptions = at.encryption();
  await at.say(encryptions, 'main', roomId, 'one');
  await at.say(encryptions, 'other', roomId, 'two');
  expect(at.homeserver.oneTimeKeyCount(userId, deviceId)).toBe(0);
  expect(await at.read(reader, roomId)).toEqual(['one', 'two']);
});

it('a reader that lost its sessions reads again as soon as it has opened another', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  await using reader = await StoredReader.start(at.homeserver, 'reader');
  const { userId } = reader.user;
  const roomId = at.homeserver.createRoom({ creator: main.userId, members: [userId] });
  at.homeserver.setState(roomId, 'm.room.encryption', '', encryption);
  const encryptions = at.encryption();
  const saidAndRead = async (body: string) => {
    await at.say(encryptions, 'main', roomId, body, 'all-devices');
    await reader.sync();
    return await reader.read(roomId, at.homeserver.messages(roomId).at(-1) ?? {});
  };
  const giveKey = async (room: RoomId) => {
    const arrivals = () => at.exchanges.filter(hasToDevice).length;
    const before = arrivals();
    await reader.giveKey(room);
    await at.when(arrivals, before + 1);
  };
  expect(await saidAndRead('one')).toBe('one');
  // From the first answer on, messages say nothing of how their session began.
  await giveKey(roomId);
  expect(await saidAndRead('two')).toBe('two');
  await reader.loseSessions();
  expect(await saidAndRead('cannot be read')).toBeUndefined();
  await giveKey(roomId);
  expect(await saidAndRead('three')).toBe('three');
  expect(at.homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 0 });
});

/** Whether the account's sync brought a message to its device. */
function hasToDevice({ path, responseBody }: EncryptionFixture['exchanges'][number]): boolean {
  if (!path.endsWith('/sync')) return false;
  const { to_device: toDevice } = responseBody as { to_device?: { events: readonly unknown[] } };
  return (toDevice?.events ?? []).length > 0;
}
