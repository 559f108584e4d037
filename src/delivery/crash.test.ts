import { describe, expect, it } from 'vitest';
import type { NewEntry } from '../outbox/outbox.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import { deleteDevice, leaveUnknown, withPassword } from './delivery-steps.contract.ts';

const hourMs = 60 * 60_000;
const delivered = { state: 'delivered' };

/** After '1' and '2', which were delivered, `change` ends a message by itself; the crash comes while '4' is under way. */
async function crashBehindAnEnd(stage: DeliveryStage, change: Partial<NewEntry>) {
  const room = stage.room();
  await stage.accept(room, '1');
  await stage.accept(room, '2');
  const ended = await stage.accept(room, '3', change);
  const last = await stage.accept(room, '4');
  stage.clock.advance(hourMs);
  stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { after: 2, times: 1 });
  await stage.start();
  await stage.homeserver.whenMessages(room, 3);
  await stage.crash();
  await stage.start();
  expect(await stage.settled(last)).toMatchObject(delivered);
  expect(stage.bodies(room)).toEqual(['1', '2', '4']);
  return await stage.view(ended);
}

describe('after a crash', () => {
  it('what was repeated in the new room of an upgrade is looked for there too', async () => {
    await using stage = await DeliveryStage.started(withPassword);
    const room = stage.room();
    const entryId = await leaveUnknown(stage, room, '1', false);
    const to = stage.homeserver.upgradeRoom(room);
    stage.homeserver.setMembership(to, stage.bot.userId, 'invite');
    stage.sender.refresh();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    stage.clock.advance(1_000);
    await stage.homeserver.whenMessages(to, 1);
    await stage.crash();
    deleteDevice(stage);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect([stage.bodies(room), stage.bodies(to)]).toEqual([[], ['1']]);
  });

  it('what was under way goes out again with the same bytes, and is one event', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    const over = { lateAfterMs: 1_000, expireAt: stage.clock.now() + hourMs };
    const entryId = await stage.accept(room, '1', over);
    await stage.homeserver.whenMessages(room, 1);
    await stage.crash();
    expect(await stage.view(entryId)).toMatchObject({ state: 'unknown' });
    stage.clock.advance(2 * hourMs);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('an edit that was not attempted yet names the real event', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const first = await stage.deliver(room, '1');
    const content = JSON.stringify({
      body: '* 2',
      'm.new_content': { body: '2', msgtype: 'm.text' },
      'm.relates_to': { event_id: `$bellhop_${first.id}`, rel_type: 'm.replace' },
      msgtype: 'm.text',
    });
    // The crash comes while the message before it is under way; both were taken from the store together.
    await stage.crash();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    await stage.accept(room, 'between');
    const entryId = await stage.accept(room, '', { content });
    await stage.start();
    await stage.homeserver.whenMessages(room, 2);
    await stage.crash();
    expect(await stage.view(entryId)).toMatchObject({ state: 'unknown' });
    await stage.start();
    await stage.settled(entryId);
    expect(stage.bodies(room)).toEqual(['1', 'between', '* 2']);
    expect(stage.homeserver.messages(room)[2]?.content['m.relates_to']).toEqual({
      event_id: first.eventId,
      rel_type: 'm.replace',
    });
  });

  it('what only seems to name another message counts as attempted', async () => {
    await using stage = await DeliveryStage.open(withPassword);
    const room = stage.room();
    const content = JSON.stringify({ body: '1', msgtype: 'm.text', name: '$bellhop_nothing' });
    const entryId = await stage.accept(room, '', { content, lateAfterMs: 1_000 });
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    await stage.start();
    await stage.homeserver.whenMessages(room, 1);
    await stage.crash();
    deleteDevice(stage);
    stage.clock.advance(60_000);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('what left for another room is looked for there, although the lane leads back', async () => {
    await using stage = await DeliveryStage.started();
    const [first, second] = [stage.room(), stage.room()];
    await stage.pointAlias(first);
    const entryId = await leaveUnknown(stage, alias, '1', false);
    await stage.pointAlias(second);
    stage.sender.refresh();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    stage.clock.advance(1_000);
    await stage.homeserver.whenMessages(second, 1);
    await stage.crash();
    await stage.pointAlias(first);
    stage.sender.refresh();
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect([stage.bodies(first), stage.bodies(second)]).toEqual([[], ['1']]);
  });

  it('what was refused for good does not come after those behind it', async () => {
    await using stage = await DeliveryStage.open();
    const refusal = { kind: 'status', status: 400, errcode: 'M_BAD_JSON' } as const;
    stage.homeserver.fault('sendMessage', refusal, { after: 2, times: 1 });
    expect(await crashBehindAnEnd(stage, {})).toMatchObject({ state: 'dead' });
  });

  it('what had expired does not come after those behind it', async () => {
    await using stage = await DeliveryStage.open();
    const expireAt = stage.clock.now() + hourMs;
    expect(await crashBehindAnEnd(stage, { expireAt })).toMatchObject({ state: 'expired' });
  });

  it('identical messages are all there, each once', async () => {
    await using stage = await DeliveryStage.open(withPassword);
    const room = stage.room();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await stage.accept(room, 'same'));
    // Two are taken, the second of them without an answer, and none of this is written down.
    stage.faults.broken.add('settle');
    let taken = 0;
    stage.homeserver.fault((request) => request.operation === 'sendMessage' && ++taken === 2, {
      kind: 'stall',
      processed: true,
    });
    await stage.start();
    await stage.homeserver.whenMessages(room, 2);
    await stage.crash();
    deleteDevice(stage);
    // What was found must be known before the next is looked for, also while the store fails.
    const failed = stage.said.storeFailed.length;
    stage.faults.broken.add('settle');
    await stage.start();
    await stage.until(() => stage.said.storeFailed.length > failed);
    await stage.respite();
    stage.faults.broken.clear();
    stage.clock.advance(1_000);
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['same', 'same', 'same', 'same', 'same']);
  });
});
