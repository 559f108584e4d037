import { describe, expect, it } from 'vitest';
import type { AccountOptions } from '../accounts/account-ports.ts';
import type { FakeUser } from '../testing/fake-homeserver.ts';
import type { FaultBehaviour } from '../testing/homeserver/faults.ts';
import type { FakeRequest } from '../testing/homeserver/route.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import { answeredLate, leaveUnknown } from './delivery-steps.contract.ts';

const probe = (request: FakeRequest): boolean =>
  request.operation === 'getRoomStateWithKey' && request.param('eventType') === 'm.room.encryption';

const isSend = ({ operation }: FakeRequest): boolean => operation === 'sendMessage';

/** What the homeserver may say to the question whether a room is encrypted, other than yes and no. */
const otherAnswers: readonly [name: string, behaviour: FaultBehaviour][] = [
  ['404 without errcode', { kind: 'status', status: 404, errcode: 'M_UNKNOWN' }],
  ['404 M_UNRECOGNIZED', { kind: 'status', status: 404, errcode: 'M_UNRECOGNIZED' }],
  ['403 M_FORBIDDEN', { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' }],
  ['400 M_NOT_FOUND', { kind: 'status', status: 400, errcode: 'M_NOT_FOUND' }],
  ['500', { kind: 'status', status: 500 }],
  ['an HTML page with 502', { kind: 'html' }],
  ['an HTML page with 404', { kind: 'html', status: 404 }],
  ['an HTML page with 200', { kind: 'html', status: 200 }],
  ['a limit', { kind: 'rate-limited', retryAfterMs: 5_000 }],
  ['a dropped connection', { kind: 'drop-request' }],
  ['half an answer', { kind: 'cut-answer' }],
];

describe('into a room that is not encrypted', () => {
  it('plain text leaves after exactly 404 M_NOT_FOUND', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    expect(await stage.deliver(room, 'hello')).toMatchObject({ state: 'delivered' });
    expect(stage.bodies(room)).toEqual(['hello']);
  });

  it.each(otherAnswers)('nothing leaves after %s, and nothing is dropped', async (_, behaviour) => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    using _fault = stage.homeserver.fault(probe, behaviour);
    const entryId = await stage.accept(room, 'secret');
    await stage.waits(1);
    expect(stage.count('sendMessage')).toBe(0);
    expect(await stage.view(entryId)).toMatchObject({ state: 'queued' });
    stage.homeserver.clearFaults();
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject({ state: 'delivered' });
  });

  it('the homeserver is asked again before its word is 60 s old when the request has left', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const asked = () =>
      stage.homeserver.requests.filter(({ template }) => template?.includes('/state/')).length;
    await stage.deliver(room, '1');
    const before = asked();
    // A request may take 30 s to leave.
    stage.clock.advance(29_999);
    await stage.deliver(room, '2');
    expect(asked()).toBe(before);
    stage.clock.advance(1);
    await stage.deliver(room, '3');
    expect(asked()).toBe(before + 1);
  });

  it('nothing is sent where the configuration requires encryption', async () => {
    await using stage = await DeliveryStage.started({ required: [alias] });
    const room = stage.room({ alias });
    expect(await stage.deliver(alias, 'x')).toMatchObject({ state: 'dead', reason: 'unencrypted' });
    expect(stage.count('sendMessage')).toBe(0);
    expect(stage.bodies(room)).toEqual([]);
  });
});

describe('into an encrypted room', () => {
  const inClear = { state: 'dead', reason: 'encrypted-room' };

  it('nothing leaves in clear, and the lane goes on', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true });
    const ids = [await stage.accept(room, '1'), await stage.accept(room, '2')];
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('no file is uploaded in clear', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true });
    const file = { fileName: 'a.txt', contentType: 'text/plain', bytes: Buffer.from('secret') };
    expect(await stage.deliver(room, 'a.txt', { attachment: file })).toMatchObject(inClear);
    expect(stage.homeserver.media()).toEqual([]);
  });

  it('no file is uploaded in clear on an answer that is out of date once the homeserver takes it', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    const isSizeAsked = ({ operation }: FakeRequest) => operation === 'getConfigAuthed';
    const asked = answeredLate(stage, isSizeAsked, 30_000);
    const file = { fileName: 'a.txt', contentType: 'text/plain', bytes: Buffer.from('secret') };
    const entryId = await stage.accept(room, 'a.txt', { attachment: file });
    await asked;
    stage.homeserver.encryptRoom(room);
    stage.clock.advance(30_000);
    expect(await stage.settled(entryId)).toMatchObject(inClear);
    expect(stage.homeserver.media()).toEqual([]);
  });

  it('nothing leaves that was accepted before it was encrypted', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const entryId = await stage.accept(room, 'x');
    stage.homeserver.encryptRoom(room);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(inClear);
  });

  it('nothing leaves once the window of the earlier answer is over', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    expect(await stage.deliver(room, '1')).toMatchObject({ state: 'delivered' });
    stage.homeserver.encryptRoom(room);
    stage.clock.advance(60_000);
    expect(await stage.deliver(room, '2')).toMatchObject(inClear);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('nothing leaves although the homeserver says later that it is not, nor after a restart', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true });
    expect(await stage.deliver(room, '1')).toMatchObject(inClear);
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    stage.clock.advance(120_000);
    expect(await stage.deliver(room, '2')).toMatchObject(inClear);
    await stage.restart();
    expect(await stage.deliver(room, '3')).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('nothing leaves after a restart, though what was seen could be stored only later', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true });
    stage.faults.broken.add('markEncrypted');
    const entryId = await stage.accept(room, '1');
    await stage.waits(1);
    stage.faults.broken.clear();
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(inClear);
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    await stage.restart();
    expect(await stage.deliver(room, '2')).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('nothing leaves under another name of it', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true, alias });
    expect(await stage.deliver(room, '1')).toMatchObject(inClear);
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    expect(await stage.deliver(alias, '2')).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('nothing leaves on an answer that was under way while it was encrypted', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    const asked = answeredLate(stage, probe, 10_000);
    const early = await stage.accept(room, '1');
    await asked;
    stage.homeserver.encryptRoom(room);
    expect(await stage.deliver(alias, '2')).toMatchObject(inClear);
    stage.clock.advance(10_000);
    expect(await stage.settled(early)).toMatchObject(inClear);
    expect(await stage.deliver(alias, '3')).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('nothing leaves when its alias leads elsewhere, nor when it leads back', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true, alias });
    expect(await stage.deliver(alias, '1')).toMatchObject(inClear);
    const elsewhere = stage.room();
    await stage.pointAlias(elsewhere);
    stage.sender.refresh();
    expect(await stage.deliver(alias, '2')).toMatchObject(inClear);
    await stage.pointAlias(room);
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    await stage.restart();
    expect(await stage.deliver(alias, '3')).toMatchObject(inClear);
    expect(stage.bodies(elsewhere)).toEqual([]);
  });

  it('nothing leaves after the account was let in again, on the word of a time when it was outside', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.homeserver.setMembership(room, stage.bot.userId, 'leave');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    stage.homeserver.encryptRoom(room);
    // The answer of less than a minute ago lets the request out; it is refused, and the invitation accepted.
    expect(await stage.deliver(room, '2')).toMatchObject(inClear);
    expect(stage.count('joinRoom')).toBe(1);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('nothing leaves although the lane leads elsewhere when the homeserver says that it is', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    const sent = answeredLate(stage, isSend, 30_000);
    const before = await stage.accept(alias, '1');
    const after = await stage.accept(alias, '2');
    await sent;
    stage.homeserver.encryptRoom(room);
    const asked = answeredLate(stage, probe, 1_000);
    stage.clock.advance(30_000);
    await stage.settled(before);
    await asked;
    await stage.pointAlias(stage.room());
    stage.sender.refresh();
    await stage.sender.find({ account: 'main', room: alias }, new AbortController().signal);
    stage.clock.advance(1_000);
    expect(await stage.settled(after)).toMatchObject(inClear);
    expect(stage.bodies(room)).toEqual(['1']);
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    await stage.restart();
    expect(await stage.deliver(room, '3')).toMatchObject(inClear);
  });

  it('nothing leaves under a name that is new, though the room was seen encrypted only before a restart', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ encrypted: true, alias });
    expect(await stage.deliver(alias, '1')).toMatchObject(inClear);
    await stage.pointAlias(stage.room());
    stage.sender.refresh();
    expect(await stage.deliver(alias, '2')).toMatchObject(inClear);
    await stage.restart();
    stage.homeserver.fault(probe, { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' });
    expect(await stage.deliver(room, '3')).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(0);
  });

  it('nothing leaves on what another account was told, which may be outside', async () => {
    const users: FakeUser[] = [];
    await using stage = await DeliveryStage.started({
      accounts: (homeserver): AccountOptions[] => {
        const user = homeserver.createUser('second');
        users.push(user);
        const accessToken = async () => await Promise.resolve(user.accessToken);
        const { baseUrl } = homeserver;
        return [{ name: 'second', userId: user.userId, homeserver: baseUrl, accessToken }];
      },
    });
    const room = stage.room({ encrypted: true });
    const isSecond = (request: FakeRequest) => request.accessToken === users[0]?.accessToken;
    stage.homeserver.fault((request) => isSecond(request) && probe(request), {
      kind: 'status',
      status: 404,
      errcode: 'M_NOT_FOUND',
    });
    const refused = answeredLate(stage, isSend, 1_000);
    const outside = await stage.accept(room, '1', { lane: { account: 'second', room } });
    await refused;
    expect(await stage.deliver(room, '2')).toMatchObject(inClear);
    stage.clock.advance(1_000);
    await stage.waits(1);
    expect(await stage.view(outside)).toMatchObject({ state: 'queued' });
    expect(stage.bodies(room)).toEqual([]);
  });

  it('nothing leaves after the account was let in again to look for what may have arrived', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const unknown = await leaveUnknown(stage, room, '1', false);
    stage.homeserver.setMembership(room, stage.bot.userId, 'leave');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    stage.homeserver.encryptRoom(room);
    const refused = { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' } as const;
    stage.homeserver.fault('getRoomEvents', refused, { times: 1 });
    // By its own clock it was sent half an hour ahead, so that it is looked up.
    stage.clock.jump(-30 * 60_000);
    stage.clock.advance(1_000);
    expect(await stage.settled(unknown)).toMatchObject(inClear);
    expect(stage.count('joinRoom')).toBe(1);
    expect(stage.bodies(room)).toEqual([]);
  });

  it('nothing leaves on an answer that was under way while the account was let in again', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    await stage.deliver(alias, '0');
    stage.clock.advance(60_000);
    const asked = answeredLate(stage, probe, 10_000);
    const early = await stage.accept(room, '1');
    await asked;
    stage.homeserver.encryptRoom(room);
    const outside = { kind: 'status', status: 404, errcode: 'M_NOT_FOUND' } as const;
    stage.homeserver.fault(probe, outside, { times: 1 });
    stage.homeserver.setMembership(room, stage.bot.userId, 'leave');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    // Refused, let in, and asked for again without an answer: only the word of the day it left is under way.
    stage.homeserver.fault(probe, { kind: 'status', status: 502 }, { times: 1 });
    await stage.accept(alias, '2');
    await stage.waits(1);
    expect(stage.count('joinRoom')).toBe(1);
    const before = stage.count('sendMessage');
    stage.clock.advance(10_000);
    await stage.waits(2);
    await stage.overcome([early], 1_000);
    expect(await stage.settled(early)).toMatchObject(inClear);
    expect(stage.count('sendMessage')).toBe(before);
    expect(stage.bodies(room)).toEqual(['0']);
  });
});
