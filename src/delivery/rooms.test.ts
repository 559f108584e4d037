import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { FakeRequest } from '../testing/homeserver/route.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import { answeredLate } from './delivery-steps.contract.ts';

const hourMs = 60 * 60_000;
const tenMinutesMs = 10 * 60_000;
const delivered = { state: 'delivered' };

/** Somebody else asks for the alias. */
async function findAlias(stage: DeliveryStage): Promise<void> {
  await stage.sender.find({ account: 'main', room: alias }, new AbortController().signal);
}

/** An answer for the alias that is late arrives while a later one is being stored. */
async function answeredWhileStoring(stage: DeliveryStage): Promise<void> {
  const store = stage.faults.hold('remember');
  const found = findAlias(stage);
  await store.begun;
  stage.clock.advance(10_000);
  await stage.respite();
  store.letGo();
  await found;
}

describe('an alias', () => {
  it('is asked for again after an hour, and followed where it leads then', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    const second = stage.room();
    await stage.pointAlias(second);
    stage.clock.advance(hourMs - 100);
    await stage.deliver(alias, '2');
    expect(stage.count('getRoomIdByAlias')).toBe(1);
    stage.clock.advance(100);
    await stage.deliver(alias, '3');
    expect(stage.bodies(first)).toEqual(['1', '2']);
    expect(stage.bodies(second)).toEqual(['3']);
  });

  it('is followed back to a room it led to before', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    await stage.pointAlias(stage.room());
    stage.refresh();
    await stage.deliver(alias, '2');
    await stage.pointAlias(first);
    stage.refresh();
    await stage.deliver(alias, '3');
    expect(stage.bodies(first)).toEqual(['1', '3']);
  });

  it('is asked for again when the room refuses, and the message goes where it leads then', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    const second = stage.room();
    await stage.pointAlias(second);
    stage.homeserver.setMembership(first, stage.bot.userId, 'ban');
    const entryId = await stage.accept(alias, '2');
    await stage.waits(1);
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(second)).toEqual(['2']);
  });

  it('that vanished does not take the room with it, nor does one that cannot be asked for', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    await stage.deliver(alias, '1');
    await stage.pointAlias(undefined);
    stage.clock.advance(hourMs);
    await stage.deliver(alias, '2');
    stage.homeserver.fault('getRoomIdByAlias', { kind: 'status', status: 502 });
    stage.clock.advance(hourMs);
    await stage.deliver(alias, '3');
    expect(stage.bodies(room)).toEqual(['1', '2', '3']);
  });

  it('that leads nowhere makes its lane wait, until it leads somewhere', async () => {
    await using stage = await DeliveryStage.started();
    const entryId = await stage.accept(alias, '1');
    expect(await stage.waits(1)).toMatchObject({ for: 'room', error: `there is no room ${alias}` });
    expect(await stage.view(entryId)).toMatchObject({ laneWaits: `there is no room ${alias}` });
    stage.room({ alias });
    stage.clock.advance(tenMinutesMs);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
  });
});

describe('an answer for an alias', () => {
  const question = ({ operation }: FakeRequest) => operation === 'getRoomIdByAlias';

  it('does not undo that of a question that was asked later', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    const asked = answeredLate(stage, question, 10_000);
    const key = { account: 'main', room: alias };
    const found = stage.sender.find(key, new AbortController().signal);
    await asked;
    const second = stage.room();
    await stage.pointAlias(second);
    stage.clock.advance(1);
    await stage.deliver(alias, '1');
    stage.clock.advance(10_000);
    await found;
    await stage.deliver(alias, '2');
    expect([stage.bodies(first), stage.bodies(second)]).toEqual([[], ['1', '2']]);
  });

  it('is none the worse for one that came before it and is still being stored', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    const asked = answeredLate(stage, question, 10_000);
    const entryId = await stage.accept(alias, '1');
    await asked;
    stage.clock.advance(1);
    await answeredWhileStoring(stage);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.said.laneWaits).toEqual([]);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('takes the place of one that came before it and could not be stored', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    const asked = answeredLate(stage, question, 10_000);
    const entryId = await stage.accept(alias, '1');
    await asked;
    stage.clock.advance(1);
    stage.faults.broken.add('remember');
    await expect(findAlias(stage)).rejects.toThrow(Failure);
    stage.faults.broken.clear();
    stage.clock.advance(10_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.said.laneWaits).toEqual([]);
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('that says there is no room is none the worse for one that came before it and is still being stored', async () => {
    await using stage = await DeliveryStage.started();
    const asked = answeredLate(stage, question, 10_000);
    const entryId = await stage.accept(alias, '1');
    await asked;
    stage.room({ alias });
    stage.clock.advance(1);
    await answeredWhileStoring(stage);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.said.laneWaits).toEqual([]);
  });

  it('is not relied on when a reload came while it was under way', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    const asked = answeredLate(stage, question, 10_000);
    const entryId = await stage.accept(alias, '1');
    await asked;
    const second = stage.room();
    await stage.pointAlias(second);
    stage.sender.refresh();
    stage.clock.advance(10_000);
    await stage.overcome([entryId], 1_000);
    expect([stage.bodies(first), stage.bodies(second)]).toEqual([[], ['1']]);
  });
});

describe('a room that the account is not in', () => {
  it('is entered by its invitation, and what is owed arrives in order', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room({ members: [], invited: [stage.bot.userId] });
    const ids = [await stage.accept(room, '1'), await stage.accept(room, '2')];
    await stage.start();
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1', '2']);
    expect(stage.said.laneWaits).toEqual([]);
  });

  it('is joined through the servers that its alias names', async () => {
    await using stage = await DeliveryStage.started();
    const joins: string[] = [];
    stage.homeserver.onExchange(({ path, query }) => {
      if (path.includes('/v3/join/')) joins.push(query.toString());
    });
    stage.room({ members: [], isPublic: true, alias });
    expect(await stage.deliver(alias, '1')).toMatchObject(delivered);
    expect(joins).toEqual(['via=hs.test&server_name=hs.test']);
  });

  it('is tried to join once, then after ten minutes, and at once when woken', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ members: [] });
    const entryId = await stage.accept(room, '1');
    const wait = await stage.waits(1);
    expect(wait).toMatchObject({ for: 'room' });
    expect(wait.error).toContain('You are not invited to this room.');
    expect(stage.count('joinRoom')).toBe(1);
    stage.clock.advance(tenMinutesMs - 1);
    expect(stage.said.laneWaits).toHaveLength(1);
    stage.clock.advance(1);
    await stage.waits(2);
    expect(stage.count('joinRoom')).toBe(2);
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
  });

  it('is entered again after a removal, by a new invitation', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.homeserver.setMembership(room, stage.bot.userId, 'leave');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['1', '2']);
  });

  it('and that refuses again once it was entered is waited for, and no message is dead', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '0');
    const refused = { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' } as const;
    stage.homeserver.fault('sendMessage', refused, { times: 2 });
    stage.homeserver.setMembership(room, stage.bot.userId, 'leave');
    stage.homeserver.setMembership(room, stage.bot.userId, 'invite');
    const entryId = await stage.accept(room, '1');
    expect(await stage.waits(1)).toMatchObject({ for: 'room' });
    expect(stage.count('joinRoom')).toBe(1);
    stage.clock.advance(tenMinutesMs);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['0', '1']);
  });

  it('holds up no other room', async () => {
    await using stage = await DeliveryStage.started();
    const [closed, open] = [stage.room({ members: [] }), stage.room()];
    await stage.accept(closed, '1');
    expect(await stage.deliver(open, '2')).toMatchObject(delivered);
  });
});

describe('a room that the account is in', () => {
  it('waits for somebody to give it power, and says how much', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ powerLevels: { events_default: 50 } });
    const entryId = await stage.accept(room, '1');
    const wait = await stage.waits(1);
    expect(wait).toMatchObject({ for: 'room' });
    expect(wait.error).toContain('it has power 0 there and needs 50');
    stage.homeserver.setState(room, 'm.room.power_levels', '', { events_default: 0 });
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
  });

  it('that refuses although there is power ends the message and goes on with the next', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const words = { status: 403, errcode: 'M_FORBIDDEN', error: 'no spam here' } as const;
    stage.homeserver.fault('sendMessage', { kind: 'status', ...words }, { times: 1 });
    const first = await stage.deliver(room, '1');
    expect(first).toMatchObject({ state: 'dead', reason: 'refused' });
    expect(first.lastError).toContain('no spam here');
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
  });
});
