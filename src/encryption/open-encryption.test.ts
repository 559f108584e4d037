import { afterAll, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { FakeUser } from '../testing/fake-homeserver.ts';
import type { Exchange } from '../testing/homeserver/exchange.ts';
import { OlmClient } from '../testing/olm-client.contract.ts';
import { EncryptionFixture, type Report } from './encryption-fixture.contract.ts';
import { openCryptoDevices } from './worker/open-crypto-devices.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const devices = openCryptoDevices({ clock: systemClock });

afterAll(async () => {
  await devices.close();
});

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  if (!(thrown instanceof Failure)) throw new Error('not a Failure', { cause: thrown });
  return thrown;
}

function roomOf(
  at: EncryptionFixture,
  creator: FakeUser,
  ...members: readonly OlmClient[]
): RoomId {
  const joined = members.map(({ user }) => user.userId as FakeUser['userId']);
  return at.homeserver.createRoom({ creator: creator.userId, members: joined, encrypted: true });
}

const newsOf = (at: EncryptionFixture, roomId: RoomId) => (): number =>
  at.reports.filter(
    (one: Report) => one.kind === 'news' && one.news.some((it) => it.roomId === roomId),
  ).length;

const callsTo = (at: EncryptionFixture, end: string) => (): number =>
  at.exchanges.filter(({ path }) => path.endsWith(end)).length;

/** Whether an account was told of a device with its keys. */
function hasLearnt(exchange: Exchange, userId: string, deviceId: string): boolean {
  if (!exchange.path.endsWith('/keys/query')) return false;
  if (exchange.headers['user-agent'] !== 'Bellhop') return false;
  const { device_keys: keys } = exchange.responseBody as {
    device_keys: Record<string, Record<string, unknown> | undefined>;
  };
  return keys[userId]?.[deviceId] !== undefined;
}

it('what two accounts say in a room is read by everybody there', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  const other = await at.addAccount('other');
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  at.homeserver.setMembership(roomId, other.userId, 'join');
  const encryption = at.encryption();
  const said = ['one', 'two', 'three', 'four'];
  for (const [index, word] of said.entries()) {
    await at.say(encryption, index % 2 === 0 ? 'main' : 'other', roomId, word);
  }
  expect(await at.read(reader, roomId)).toEqual(said);
  expect(at.homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 0 });
  expect(encryption.reports()).toMatchObject([
    { account: 'main', identity: 'ok', deviceId: main.deviceId, crashes: 0, trouble: undefined },
    { account: 'other', identity: 'ok', deviceId: other.deviceId, crashes: 0 },
  ]);
});

it('messages of one room at once share one key, in turn', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  const words = Array.from({ length: 10 }, (_, index) => `word ${index}`);
  const sent = await Promise.all(words.map((word) => at.say(encryption, 'main', roomId, word)));
  expect(new Set(sent.map((content) => content.session_id)).size).toBe(1);
  expect([...(await at.read(reader, roomId))].sort()).toEqual(words);
  expect(callsTo(at, '/joined_members')()).toBe(1);
});

it('a device that logs in later reads the next message', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  await at.say(encryption, 'main', roomId, 'before', 'all-devices');
  using later = await at.addDevice(reader);
  const { userId, deviceId } = later.user;
  await at.when(
    () => at.exchanges.filter((exchange) => hasLearnt(exchange, userId, deviceId)).length,
  );
  await at.say(encryption, 'main', roomId, 'after', 'all-devices');
  expect(await at.read(later, roomId)).toEqual([undefined, 'after']);
  expect(await at.read(reader, roomId)).toEqual(['before', 'after']);
});

it('devices that their owner has not signed are refused the key, and counted', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using stranger = await OlmClient.start(
    at.homeserver.baseUrl,
    at.homeserver.createUser('stranger'),
  );
  const roomId = roomOf(at, main, stranger);
  const encryption = at.encryption();
  await at.say(encryption, 'main', roomId, 'secret');
  expect(await at.read(stranger, roomId)).toEqual([undefined]);
  expect(at.reports).toContainEqual({ kind: 'withheld', roomId, devices: 1 });
  expect(encryption.reports()[0]?.withheld.get(roomId)).toBe(1);
});

it('who left does not read what is said afterwards', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  using leaver = await at.addReader('leaver');
  const roomId = roomOf(at, main, reader, leaver);
  const encryption = at.encryption();
  const before = await at.say(encryption, 'main', roomId, 'before');
  const news = newsOf(at, roomId);
  const count = news();
  at.homeserver.setMembership(roomId, leaver.user.userId as FakeUser['userId'], 'leave');
  await at.when(news, count + 1);
  const after = await at.say(encryption, 'main', roomId, 'after');
  expect(after.session_id).not.toBe(before.session_id);
  expect(await at.read(reader, roomId)).toEqual(['before', 'after']);
  expect(await at.read(leaver, roomId)).toEqual(['before', undefined]);
});

it('who joins while a message is on its way reads the next', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  using joiner = await at.addReader('joiner');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  await encryption.ready('main', at.limit());
  const news = newsOf(at, roomId);
  const count = news();
  const stalled = at.homeserver.fault('claimKeys', { kind: 'slow', delayMs: 100 }, { times: 1 });
  const first = at.say(encryption, 'main', roomId, 'first');
  await at.when(callsTo(at, '/joined_members'));
  at.homeserver.setMembership(roomId, joiner.user.userId as FakeUser['userId'], 'join');
  await at.when(news, count + 1);
  await first;
  expect(stalled.hits).toBe(1);
  await at.say(encryption, 'main', roomId, 'second');
  expect((await at.read(joiner, roomId)).at(-1)).toBe('second');
  expect(await at.read(reader, roomId)).toEqual(['first', 'second']);
});

it('a program that says one thing syncs once and follows the room from its last run', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  using leaver = await at.addReader('leaver');
  const roomId = roomOf(at, main, reader, leaver);
  const first = at.encryption({ follow: false });
  await at.say(first, 'main', roomId, 'first');
  await first.close();
  at.homeserver.setMembership(roomId, leaver.user.userId as FakeUser['userId'], 'leave');
  const second = at.encryption({ follow: false });
  await at.say(second, 'main', roomId, 'second');
  expect(await at.read(reader, roomId)).toEqual(['first', 'second']);
  expect(await at.read(leaver, roomId)).toEqual(['first', undefined]);
  expect(callsTo(at, '/joined_members')()).toBe(1);
  const syncs = at.exchanges.filter(
    ({ path, query }) => path.endsWith('/sync') && query.has('set_presence'),
  );
  expect(syncs.map(({ query }) => query.get('timeout'))).toEqual(['0', '0']);
});

it('an account without an identity says so, and its store is free for whoever sets it up', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main', true);
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  const failure = await failureOf(at.say(encryption, 'main', roomId, 'secret'));
  expect(failure.code).toBe('identity_not_set_up');
  expect(encryption.reports()[0]).toMatchObject({
    identity: 'not-set-up',
    trouble: failure.message,
  });
  await at.setUpIdentity('main');
  encryption.refresh();
  await at.say(encryption, 'main', roomId, 'secret');
  expect(await at.read(reader, roomId)).toEqual(['secret']);
  const states = at.reports.filter(({ kind }) => kind === 'identity');
  expect(states.map((one) => ('state' in one ? one.state : ''))).toEqual(['not-set-up', 'ok']);
});

it('a homeserver that cannot hand out keys delays a message, but does not hold it for ever', async () => {
  await using at = await EncryptionFixture.open(devices);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  const broken = at.homeserver.fault('claimKeys', { kind: 'status', status: 502 });
  for (let tries = 0; tries < 2; tries++) {
    await expect(at.say(encryption, 'main', roomId, 'waits')).rejects.toThrow('502');
  }
  await at.say(encryption, 'main', roomId, 'goes');
  broken.remove();
  await at.say(encryption, 'main', roomId, 'arrives');
  expect((await at.read(reader, roomId)).at(-1)).toBe('arrives');
});

it('an engine that dies while keys are given costs no message and no key', async () => {
  const threadFile = new URL('./mortal-crypto-thread.contract.ts', import.meta.url);
  const mortal = openCryptoDevices({ clock: systemClock, threadFile });
  await using at = await EncryptionFixture.open(mortal);
  const main = await at.addAccount('main');
  using reader = await at.addReader('reader');
  const roomId = roomOf(at, main, reader);
  const encryption = at.encryption();
  for (const word of ['one', 'two', 'three']) await at.say(encryption, 'main', roomId, word);
  expect(await at.read(reader, roomId)).toEqual(['one', 'two', 'three']);
  expect(encryption.reports()[0]).toMatchObject({ identity: 'ok', crashes: 2 });
  expect(at.homeserver.encryptionViolations).toMatchObject({ oneTimeKeys: 0, olm: 0, megolm: 0 });
  await mortal.close();
});

it('an unknown account is not found', async () => {
  await using at = await EncryptionFixture.open(devices);
  const failure = await failureOf(at.encryption().ready('nobody', at.limit()));
  expect(failure.code).toBe('not_found');
});
