import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AccountOptions } from '../accounts/account-ports.ts';
import { type FakeUser, startFakeHomeserver } from '../testing/fake-homeserver.ts';
import type { FakeRequest } from '../testing/homeserver/route.ts';
import { DeliveryStage, type StageOptions } from './delivery-fixture.contract.ts';
import { answeredLate, deleteDevice, withPassword } from './delivery-steps.contract.ts';

const delivered = { state: 'delivered' };
const tenMinutesMs = 10 * 60_000;

const secret = (text: string) => async () => await Promise.resolve(text);

/** The token in use. */
async function tokenOf(stage: DeliveryStage): Promise<string> {
  const { signal } = new AbortController();
  return await stage.accounts.withSession(
    'main',
    async ({ accessToken }) => await Promise.resolve(accessToken),
    signal,
  );
}

describe('an access token that is no longer taken', () => {
  it('after a soft logout is replaced on the same device, without a wait', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, '1');
    const deviceId = stage.accounts.deviceId('main');
    stage.homeserver.softLogout(await tokenOf(stage));
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
    expect(stage.accounts.deviceId('main')).toBe(deviceId);
    expect(stage.said.laneWaits).toEqual([]);
  });

  it('is replaced also when the first request that meets it is the question for encryption', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.homeserver.softLogout(await tokenOf(stage));
    stage.clock.advance(60_000);
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
    expect(stage.said.laneWaits).toEqual([]);
  });

  it('is replaced also when the first request that meets it is a look-up', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const entryId = await stage.accept(room, '1');
    await stage.waits(1);
    stage.homeserver.softLogout(await tokenOf(stage));
    // Half an hour late by its own clock, so that it is looked up at once.
    stage.clock.jump(-30 * 60_000);
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.said.laneWaits).toHaveLength(1);
    expect(stage.count('getRoomEvents')).toBeGreaterThan(0);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('and is replaced before a question that fails leaves no doubt about the message', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.homeserver.softLogout(await tokenOf(stage));
    const isSend = ({ operation }: FakeRequest) => operation === 'sendMessage';
    const refused = answeredLate(stage, isSend, 30_000);
    const entryId = await stage.accept(room, '2');
    await refused;
    const isProbe = ({ operation }: FakeRequest) => operation === 'getRoomStateWithKey';
    using probe = stage.homeserver.fault(isProbe, { kind: 'status', status: 502 }, { times: 1 });
    stage.clock.advance(30_000);
    await stage.waits(1);
    expect(probe.hits).toBe(1);
    expect(await stage.view(entryId)).toMatchObject({ state: 'queued' });
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1', '2']);
  });

  it('after a logout is replaced by one of a new device', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, '1');
    const deviceId = stage.accounts.deviceId('main');
    deleteDevice(stage);
    const entryId = await stage.accept(room, '2');
    await stage.waits(1);
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.accounts.deviceId('main')).not.toBe(deviceId);
    expect(stage.bodies(room)).toEqual(['1', '2']);
  });

  it('and cannot be replaced makes the account wait for its operator, and nothing is dropped', async () => {
    let token = '';
    await using stage = await DeliveryStage.open({
      account: { accessToken: async () => await Promise.resolve(token) },
    });
    token = stage.bot.accessToken;
    const rooms = [stage.room(), stage.room()];
    await stage.start();
    for (const room of rooms) await stage.deliver(room, '1');
    stage.homeserver.deleteDevice(stage.bot.userId, stage.bot.deviceId);
    const ids: string[] = [];
    for (const room of rooms) ids.push(await stage.accept(room, '2'));
    await stage.waits(2);
    expect(stage.said.laneWaits.map((wait) => wait.for)).toEqual(['account', 'account']);
    stage.clock.advance(tenMinutesMs);
    await stage.waits(4);
    token = stage.homeserver.issueToken(stage.bot.userId, 'SECOND');
    stage.accounts.reload();
    stage.dispatcher.wake();
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
    for (const room of rooms) expect(stage.bodies(room)).toEqual(['1', '2']);
  });

  it('because the user is locked makes the account wait until it is unlocked', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.homeserver.blockUser(stage.bot.userId, 'locked');
    const entryId = await stage.accept(room, '2');
    const wait = await stage.waits(1);
    expect(wait).toMatchObject({ for: 'account' });
    expect(wait.error).toContain('is locked; ask the administrator');
    stage.homeserver.blockUser(stage.bot.userId, undefined);
    stage.accounts.reload();
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1', '2']);
  });
});

describe('an account that is not configured', () => {
  it('makes its lanes wait, and no other', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const gone = await stage.accept(room, '1', { lane: { account: 'gone', room } });
    await stage.start();
    expect(await stage.waits(1)).toMatchObject({ for: 'account' });
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
    expect(await stage.view(gone)).toMatchObject({ state: 'queued' });
  });
});

it('no request leaves a listener behind on the signal that ends them all', async () => {
  await using stage = await DeliveryStage.open();
  const key = { account: 'main', room: stage.room() };
  const { signal } = new AbortController();
  for (let i = 0; i < 20; i++) {
    stage.sender.refresh();
    expect(await stage.sender.open(key, signal)).toMatchObject({ ok: true });
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

/** A second account on the same homeserver. */
function second(found: (user: FakeUser) => void): StageOptions {
  return {
    accounts: (homeserver): AccountOptions[] => {
      const user = homeserver.createUser('second');
      found(user);
      const { userId, accessToken } = user;
      const { baseUrl } = homeserver;
      return [{ name: 'second', userId, homeserver: baseUrl, accessToken: secret(accessToken) }];
    },
  };
}

describe('a rate limit', () => {
  it('closes all lanes of its account until header and body are over, and no other account', async () => {
    let user: FakeUser | undefined;
    await using stage = await DeliveryStage.started(
      second((found) => {
        user = found;
      }),
    );
    const rooms = [stage.room(), stage.room(), stage.room()];
    for (const room of rooms) await stage.deliver(room, '1');
    const limit = { kind: 'rate-limited', retryAfterMs: 8_700, header: 'seconds' } as const;
    stage.homeserver.fault('sendMessage', limit, { times: 1 });
    const [first, ...others] = rooms;
    const ids = [await stage.accept(first ?? '', '2')];
    expect(await stage.waits(1)).toMatchObject({ for: 'limit' });
    for (const room of others) ids.push(await stage.accept(room, '2'));
    const room = stage.room({ members: user === undefined ? [] : [user.userId] });
    const over = { lane: { account: 'second', room } };
    expect(await stage.deliver(room, 'x', over)).toMatchObject(delivered);
    const before = stage.count('sendMessage');
    // The header says 9 s, the body 8.7 s.
    stage.clock.advance(8_999);
    expect(await stage.deliver(room, 'y', over)).toMatchObject(delivered);
    expect(stage.count('sendMessage')).toBe(before + 1);
    stage.clock.advance(1);
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
    for (const each of rooms) expect(stage.bodies(each)).toEqual(['1', '2']);
  });

  it('that is still there when it is over lets a single lane find out', async () => {
    await using stage = await DeliveryStage.started();
    const rooms = Array.from({ length: 10 }, () => stage.room());
    for (const room of rooms) await stage.deliver(room, '1');
    const limit = { kind: 'rate-limited', retryAfterMs: 5_000 } as const;
    const fault = stage.homeserver.fault('sendMessage', limit);
    const ids: string[] = [];
    for (const room of rooms) ids.push(await stage.accept(room, '2'));
    await stage.until(() => fault.hits > 0 && stage.said.laneWaits.length === fault.hits);
    const { hits } = fault;
    stage.clock.advance(5_000);
    await stage.waits(hits + 1);
    stage.clock.advance(5_000);
    await stage.waits(hits + 2);
    expect(fault.hits).toBe(hits + 2);
    fault.remove();
    stage.clock.advance(5_000);
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
  });

  it('that names no time is not asked again at once', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const limit = { kind: 'rate-limited', retryAfterMs: 0 } as const;
    const fault = stage.homeserver.fault('sendMessage', limit);
    const entryId = await stage.accept(room, '1');
    await stage.waits(1);
    await stage.respite();
    expect(fault.hits).toBe(1);
    fault.remove();
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
  });
});

describe('a homeserver that is away', () => {
  it('is waited for, and everything arrives in order when it is back', async () => {
    await using stage = await DeliveryStage.started();
    const rooms = Array.from({ length: 5 }, () => stage.room());
    for (const room of rooms) await stage.deliver(room, '1');
    await stage.homeserver.goAway();
    const ids: string[] = [];
    for (const body of ['2', '3']) {
      for (const room of rooms) ids.push(await stage.accept(room, body));
    }
    await stage.waits(1);
    for (let round = 0; round < 5; round++) {
      const waited = stage.said.laneWaits.length;
      stage.clock.advance(tenMinutesMs);
      await stage.waits(waited + 1);
    }
    expect(new Set(stage.said.laneWaits.map((wait) => wait.for))).toEqual(new Set(['homeserver']));
    await stage.homeserver.comeBack();
    await stage.overcome(ids, tenMinutesMs);
    expect(rooms.map((room) => stage.bodies(room))).toEqual(rooms.map(() => ['1', '2', '3']));
  });

  it('or lets its callers wait holds up no other homeserver', async () => {
    await using other = await startFakeHomeserver({ serverName: 'other.test' });
    const user = other.createUser('second');
    const { userId, accessToken } = user;
    await using stage = await DeliveryStage.started({
      accounts: () => [
        { name: 'second', userId, homeserver: other.baseUrl, accessToken: secret(accessToken) },
      ],
    });
    stage.homeserver.fault('sendMessage', { kind: 'stall' });
    // More than there are places for one homeserver.
    for (let i = 0; i < 80; i++) await stage.accept(stage.room(), 'x');
    const room = other.createRoom({ creator: userId });
    const over = { lane: { account: 'second', room } };
    expect(await stage.deliver(room, '1', over)).toMatchObject(delivered);
  });
});
