import { describe, expect, it } from 'vitest';
import { DeliveryStage } from './delivery-fixture.contract.ts';
import { deleteDevice, leaveUnknown, withPassword } from './delivery-steps.contract.ts';

const hourMs = 60 * 60_000;
const delivered = { state: 'delivered' };

/** What the homeserver was asked to send, in order: path and bytes. */
function sends(stage: DeliveryStage): string[] {
  const seen: string[] = [];
  stage.homeserver.fault(
    (request) => {
      if (request.operation === 'sendMessage') seen.push(`${request.path} ${String(request.body)}`);
      return false;
    },
    { kind: 'html' },
  );
  return seen;
}

describe('a message whose answer was lost', () => {
  it('goes out again with the same bytes and transaction id, and is one event', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const seen = sends(stage);
    const entryId = await leaveUnknown(stage, room, '1');
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(1);
    expect(stage.count('getRoomEvents')).toBe(0);
  });

  it('stays unknown when that could not be written, whatever tries the lane meanwhile', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    stage.faults.broken.add('postpone');
    const entryId = await stage.accept(room, '1');
    await stage.until(() => stage.said.storeFailed.length === 1);
    stage.faults.broken.delete('postpone');
    stage.faults.broken.add('claim');
    stage.clock.advance(5_000);
    await stage.until(() => stage.said.storeFailed.length === 2);
    stage.faults.broken.delete('claim');
    deleteDevice(stage);
    await stage.overcome([entryId], 5_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('neither expires nor says that it is late, and holds up what comes after it', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const over = { expireAt: stage.clock.now() + hourMs, lateAfterMs: 1_000 };
    const entryId = await stage.accept(room, '1', over);
    await stage.waits(1);
    const next = await stage.accept(room, '2');
    stage.homeserver.fault('sendMessage', { kind: 'status', status: 503 }, { times: 1 });
    stage.clock.advance(1_000);
    await stage.waits(2);
    expect(await stage.store.cancel(entryId, stage.clock.now())).toMatchObject({ ok: false });
    stage.clock.advance(2 * hourMs);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(await stage.settled(next)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1', '2']);
  });

  it('is looked up after 12 h by its transaction id, and not sent again', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    stage.homeserver.fault(
      '*',
      { kind: 'status', status: 503 },
      {
        until: () => stage.clock.monotonic() > 30 * hourMs,
      },
    );
    stage.clock.advance(31 * hourMs);
    stage.dispatcher.wake();
    const view = await stage.settled(entryId);
    expect(view).toMatchObject({
      ...delivered,
      eventId: stage.homeserver.messages(room)[0]?.event_id,
    });
    expect(stage.bodies(room)).toEqual(['1']);
    expect(
      stage.homeserver.requests.filter(
        (r) => r.operation === 'sendMessage' && r.fault === undefined,
      ),
    ).toEqual([]);
  });

  it('is sent after 12 h when the room does not have it', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1', false);
    stage.clock.advance(12 * hourMs);
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.count('getRoomEvents')).toBeGreaterThan(0);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('is found on a new device by its content', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    deleteDevice(stage);
    stage.clock.advance(1_000);
    await stage.waits(2);
    stage.clock.advance(2_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('is sent on a new device when the room does not have it', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1', false);
    deleteDevice(stage);
    stage.clock.advance(1_000);
    await stage.waits(2);
    stage.clock.advance(2_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('is not taken for another message of the same words', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    await stage.deliver(room, 'disk full');
    const lost = await leaveUnknown(stage, room, 'disk full', false);
    deleteDevice(stage);
    stage.clock.advance(1_000);
    await stage.waits(2);
    stage.clock.advance(2_000);
    expect(await stage.settled(lost)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['disk full', 'disk full']);
  });

  it('is not taken for what another program of the account said', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, 'x', false);
    stage.clock.advance(1);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/other`;
    const headers = { authorization: `Bearer ${stage.bot.accessToken}` };
    const body = await stage.store.content(entryId);
    await fetch(stage.homeserver.baseUrl + path, { method: 'PUT', headers, body: body ?? '' });
    stage.clock.advance(12 * hourMs);
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['x', 'x']);
  });

  it('is ambiguous when it may be what was redacted', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    const eventId = stage.homeserver.messages(room)[0]?.event_id ?? '';
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/redact/${eventId}/t`;
    const headers = { authorization: `Bearer ${stage.owner.accessToken}` };
    await fetch(stage.homeserver.baseUrl + path, { method: 'PUT', headers, body: '{}' });
    deleteDevice(stage);
    stage.clock.advance(1_000);
    await stage.waits(2);
    stage.clock.advance(2_000);
    expect(await stage.settled(entryId)).toMatchObject({ state: 'dead', reason: 'ambiguous' });
    expect(stage.bodies(room)).toEqual([undefined]);
  });

  it('is ambiguous when the history since is longer than can be looked through', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    stage.clock.advance(12 * hourMs);
    for (let i = 0; i < 10_000; i++) stage.homeserver.setState(room, 'x', '', { i });
    stage.dispatcher.wake();
    const view = await stage.settled(entryId);
    expect(view).toMatchObject({ state: 'dead', reason: 'ambiguous' });
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('is looked for behind events that claim to be old', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    stage.clock.jump(-48 * hourMs);
    for (let i = 0; i < 99; i++) stage.homeserver.setState(room, 'x', '', { i });
    stage.clock.jump(48 * hourMs);
    stage.homeserver.setState(room, 'x', '', {});
    for (let i = 0; i < 50; i++) stage.homeserver.setState(room, 'y', '', { i });
    stage.clock.advance(25 * hourMs);
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('is looked up in the room it went to, after an upgrade', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    const to = stage.homeserver.upgradeRoom(room);
    stage.homeserver.setMembership(to, stage.bot.userId, 'invite');
    stage.sender.refresh();
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect([stage.bodies(room), stage.bodies(to)]).toEqual([['1'], []]);
  });

  it('is sent into the new room when the old one does not have it', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1', false);
    const to = stage.homeserver.upgradeRoom(room);
    stage.homeserver.setMembership(to, stage.bot.userId, 'invite');
    stage.sender.refresh();
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect([stage.bodies(room), stage.bodies(to)]).toEqual([[], ['1']]);
  });

  it('is looked up before a failure that does not end ends it', async () => {
    await using stage = await DeliveryStage.started();
    const [room, healthy] = [stage.room(), stage.room()];
    // The homeserver takes it and never says so.
    stage.homeserver.fault(
      (request) => request.operation === 'sendMessage' && request.param('roomId') === room,
      { kind: 'drop-answer' },
    );
    const entryId = await stage.accept(room, '1');
    const isEnded = () => stage.said.settled.some((end) => end.entryId === entryId);
    for (let round = 0; round < 100 && !isEnded(); round++) {
      await stage.deliver(healthy, String(round));
      const waited = stage.said.laneWaits.length;
      stage.clock.advance(6 * 60_000);
      await stage.until(() => stage.said.laneWaits.length > waited || isEnded());
    }
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('on a room that the account was removed from waits to be let in, and is then looked up', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    stage.clock.advance(12 * hourMs);
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });
});
