import { describe, expect, it } from 'vitest';
import type { FaultBehaviour, FaultMatch } from '../testing/homeserver/faults.ts';
import type { FakeRequest } from '../testing/homeserver/route.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';

const probe = (request: FakeRequest): boolean =>
  request.operation === 'getRoomStateWithKey' && request.param('eventType') === 'm.room.encryption';

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
    const asked = Promise.withResolvers<void>();
    const first: FaultMatch = (request) => {
      if (!probe(request)) return false;
      asked.resolve();
      return true;
    };
    stage.homeserver.fault(first, { kind: 'slow', delayMs: 10_000 }, { times: 1 });
    const early = await stage.accept(room, '1');
    await asked.promise;
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
});
