import { describe, expect, expectTypeOf, it } from 'vitest';
import type { RoomId } from '../matrix/ids.ts';
import {
  type CreateRoomOptions,
  type FakeHomeserver,
  startFakeHomeserver,
} from './fake-homeserver.ts';
import { describeHomeserver, describeLimitedHomeserver } from './homeserver.contract.ts';
import { ManualClock } from './manual-clock.ts';

describeHomeserver('the fake homeserver', () => startFakeHomeserver());
describeLimitedHomeserver('the fake homeserver with limits', async () => {
  const homeserver = await startFakeHomeserver();
  homeserver.rateLimit({ perSecond: 0.2, burst: 10 });
  return homeserver;
});

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

async function get(homeserver: FakeHomeserver, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/account/whoami`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, ...((await response.json()) as object) };
}

async function say(
  homeserver: FakeHomeserver,
  token: string,
  roomId: RoomId,
  txnId: string,
  body = txnId,
): Promise<unknown> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txnId}`;
  const response = await fetch(homeserver.baseUrl + path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ msgtype: 'm.text', body }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return answer['event_id'] ?? answer['errcode'];
}

describe('a transaction id', () => {
  it('is remembered for a day on disk', async () => {
    const clock = new ManualClock();
    await using homeserver = await startFakeHomeserver({ clock });
    const bot = homeserver.createUser('bot');
    const roomId = homeserver.createRoom({ creator: bot.userId });
    const again = () => say(homeserver, bot.accessToken, roomId, 'day');
    const first = await again();
    clock.advance(23 * hourMs);
    expect(await again()).toBe(first);
    // The answer from the disk is in memory again for up to an hour.
    clock.advance(2 * hourMs);
    expect(await again()).not.toBe(first);
  });

  it('of a token without a device is remembered in memory alone: for 30 minutes, and until a restart', async () => {
    const clock = new ManualClock();
    await using homeserver = await startFakeHomeserver({ clock });
    const bot = homeserver.createUser('bot');
    const roomId = homeserver.createRoom({ creator: bot.userId });
    const token = homeserver.issueToken(bot.userId);
    const again = () => say(homeserver, token, roomId, 'memory');
    const first = await again();
    clock.advance(29 * minuteMs);
    expect(await again()).toBe(first);
    clock.advance(2 * hourMs);
    const second = await again();
    expect(second).not.toBe(first);
    await homeserver.restart();
    // The first try may meet a connection that broke with the restart.
    await expect.poll(() => again().catch(() => second)).not.toBe(second);
  });
});

describe('a token', () => {
  it('that expires is a soft logout; the refresh token works afterwards', async () => {
    const clock = new ManualClock();
    await using homeserver = await startFakeHomeserver({ clock, tokenLifetimeMs: minuteMs });
    homeserver.createUser('bot', { password: 'secret' });
    const post = async (path: string, body: unknown) => {
      const options = { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/${path}`, options);
      return (await response.json()) as Record<string, string>;
    };
    const identifier = { type: 'm.id.user', user: 'bot' };
    const grant = await post('login', {
      type: 'm.login.password',
      identifier,
      password: 'secret',
      refresh_token: true,
    });
    clock.advance(minuteMs);
    const expired = { status: 401, errcode: 'M_UNKNOWN_TOKEN', soft_logout: true };
    expect(await get(homeserver, grant['access_token'] ?? '')).toMatchObject(expired);
    const pair = await post('refresh', { refresh_token: grant['refresh_token'] });
    const who = await get(homeserver, pair['access_token'] ?? '');
    expect(who).toMatchObject({ status: 200, device_id: grant['device_id'] });
  });

  it('may be revoked, logged out softly, or go with its device', async () => {
    await using homeserver = await startFakeHomeserver();
    const bot = homeserver.createUser('bot');
    const [revoked, soft] = [
      homeserver.issueToken(bot.userId, bot.deviceId),
      homeserver.issueToken(bot.userId, bot.deviceId),
    ];
    expect(homeserver.tokensOf(bot.userId)).toEqual([bot.accessToken, revoked, soft]);
    homeserver.revokeToken(revoked);
    homeserver.softLogout(soft);
    expect(await get(homeserver, revoked)).toMatchObject({ status: 401, soft_logout: false });
    expect(await get(homeserver, soft)).toMatchObject({ status: 401, soft_logout: true });
    expect(await get(homeserver, bot.accessToken)).toMatchObject({ status: 200 });
    homeserver.deleteDevice(bot.userId, bot.deviceId);
    expect(homeserver.tokensOf(bot.userId)).toEqual([]);
  });

  it('of a blocked user says what the block is', async () => {
    await using homeserver = await startFakeHomeserver();
    const bot = homeserver.createUser('bot');
    const roomId = homeserver.createRoom({ creator: bot.userId });
    homeserver.blockUser(bot.userId, 'locked');
    expect(await get(homeserver, bot.accessToken)).toMatchObject({
      errcode: 'M_USER_LOCKED',
      soft_logout: true,
    });
    homeserver.blockUser(bot.userId, 'suspended');
    expect(await get(homeserver, bot.accessToken)).toMatchObject({ status: 200 });
    expect(await say(homeserver, bot.accessToken, roomId, '1')).toBe('M_USER_SUSPENDED');
    homeserver.blockUser(bot.userId, undefined);
    expect(await say(homeserver, bot.accessToken, roomId, '1')).toMatch(/^\$/);
    homeserver.blockUser(bot.userId, 'deactivated');
    expect(await get(homeserver, bot.accessToken)).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN' });
  });
});

describe('a room made by a test', () => {
  it('takes its alias as plain text, and no text that is none', async () => {
    await using homeserver = await startFakeHomeserver({ serverName: 'x.y' });
    const { userId: creator } = homeserver.createUser('alice');
    const roomId = homeserver.createRoom({ creator, alias: '#ops:x.y' });
    expect(homeserver.state(roomId, 'm.room.canonical_alias', '')).toEqual({ alias: '#ops:x.y' });
    for (const alias of ['ops', '#ops', '!ops:x.y', '', 5 as unknown as string]) {
      expect(() => homeserver.createRoom({ creator, alias })).toThrow(TypeError);
    }
    expectTypeOf<CreateRoomOptions['alias']>().toEqualTypeOf<string | undefined>();
  });

  it('has members, an alias, encryption and power levels as asked', async () => {
    await using homeserver = await startFakeHomeserver();
    const [alice, bob] = [homeserver.createUser('alice'), homeserver.createUser('bob')];
    const alias = `#ops:${homeserver.serverName}`;
    const roomId = homeserver.createRoom({
      creator: alice.userId,
      members: [bob.userId],
      version: '11',
      alias,
      encrypted: true,
      powerLevels: { events_default: 50 },
    });
    expect(roomId).toMatch(/^!\w+:hs\.test$/);
    expect(homeserver.state(roomId, 'm.room.member', bob.userId)).toMatchObject({
      membership: 'join',
    });
    expect(homeserver.state(roomId, 'm.room.canonical_alias', '')).toEqual({ alias });
    expect(homeserver.state(roomId, 'm.room.encryption', '')).toEqual({
      algorithm: 'm.megolm.v1.aes-sha2',
    });
    expect(await say(homeserver, bob.accessToken, roomId, '1')).toBe('M_FORBIDDEN');
    homeserver.setMembership(roomId, bob.userId, 'leave');
    expect(homeserver.state(roomId, 'm.room.member', bob.userId)).toEqual({ membership: 'leave' });
  });

  it('may be upgraded to one that a client must not follow', async () => {
    await using homeserver = await startFakeHomeserver();
    const { userId: creator } = homeserver.createUser('alice');
    const roomId = homeserver.createRoom({ creator, encrypted: true });
    const dropped = homeserver.upgradeRoom(roomId, { keepEncryption: false, predecessor: false });
    expect(homeserver.state(roomId, 'm.room.tombstone', '')).toMatchObject({
      replacement_room: dropped,
    });
    expect(homeserver.state(dropped, 'm.room.encryption', '')).toBeUndefined();
    expect(homeserver.state(dropped, 'm.room.create', '')).not.toHaveProperty('predecessor');
  });
});

it('delivery is judged by what arrived', async () => {
  await using homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: bot.userId });
  for (const mark of ['b', 'a']) await say(homeserver, bot.accessToken, roomId, mark);
  await say(homeserver, bot.accessToken, roomId, 'again', 'a');
  const verdict = homeserver.verifyDelivery(new Map([[roomId, ['a', 'b', 'c']]]));
  expect(verdict).toMatchObject({ expected: 3, delivered: 2, lost: 1, doubled: 1, misordered: 1 });
});

it('without a record nothing is kept, yet transactions are one event and listeners hear each once', async () => {
  await using homeserver = await startFakeHomeserver({ record: false });
  const bot = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: bot.userId });
  const heard: string[] = [];
  homeserver.onEvent((event) => heard.push(event.event_id));
  const first = await say(homeserver, bot.accessToken, roomId, '1');
  expect(await say(homeserver, bot.accessToken, roomId, '1')).toBe(first);
  expect(heard).toEqual([first]);
  expect([homeserver.events(roomId), homeserver.requests]).toEqual([[], []]);
});

it('the log of requests holds no token, and neither does an exchange', async () => {
  await using homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  const seen: unknown[] = [];
  homeserver.onExchange(({ query, ...exchange }) => seen.push(exchange, [...query]));
  await get(homeserver, bot.accessToken);
  await fetch(
    `${homeserver.baseUrl}/_matrix/client/v3/joined_rooms?access_token=${bot.accessToken}`,
  );
  expect(homeserver.requests.map(({ operation, status }) => [operation, status])).toEqual([
    ['getTokenOwner', 200],
    ['getJoinedRooms', 200],
  ]);
  expect(JSON.stringify([seen, homeserver.requests])).not.toContain(bot.accessToken);
});
