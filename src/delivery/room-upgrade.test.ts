import { describe, expect, it } from 'vitest';
import type { RoomId } from '../matrix/ids.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import { answeredLate } from './delivery-steps.contract.ts';

const tombstoneTtlMs = 5 * 60_000;
const delivered = { state: 'delivered' };

/** Replaces a room, and lets the bot into the new one. */
function upgrade(
  stage: DeliveryStage,
  room: RoomId,
  options: Parameters<DeliveryStage['homeserver']['upgradeRoom']>[1] = {},
): RoomId {
  const to = stage.homeserver.upgradeRoom(room, options);
  stage.homeserver.setMembership(to, stage.bot.userId, 'invite');
  return to;
}

/** The dead room takes events as before. */
const keepOpen = (stage: DeliveryStage, room: RoomId): void => {
  stage.homeserver.setState(room, 'm.room.power_levels', '', { events_default: 0 });
};

describe('a room upgrade', () => {
  it('is followed, reported, and remembered across a restart', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    const to = upgrade(stage, room);
    const entryId = await stage.accept(room, '2');
    await stage.waits(1);
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    const lane = { account: 'main', room };
    expect(stage.said.roomUpgraded).toEqual([{ lane, from: room, to, refused: undefined }]);
    await stage.restart();
    await stage.deliver(room, '3');
    expect([stage.bodies(room), stage.bodies(to)]).toEqual([['1'], ['2', '3']]);
    expect(await stage.sender.rooms()).toMatchObject([{ room, roomId: to, predecessors: [room] }]);
    expect(stage.said.roomUpgraded).toHaveLength(1);
  });

  it('is joined through the server of the sender of the tombstone', async () => {
    await using stage = await DeliveryStage.open();
    const joins: string[] = [];
    stage.homeserver.onExchange(({ path, query }) => {
      if (path.includes('/v3/join/')) joins.push(query.toString());
    });
    const room = stage.room();
    upgrade(stage, room);
    await stage.start();
    expect(await stage.deliver(room, '1')).toMatchObject(delivered);
    expect(joins).toEqual(['via=hs.test&server_name=hs.test']);
  });

  it('is seen although the dead room still takes events', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    const to = upgrade(stage, room);
    keepOpen(stage, room);
    stage.clock.advance(tombstoneTtlMs);
    await stage.deliver(room, '2');
    expect(stage.bodies(to)).toEqual(['2']);
  });

  it('is seen by a lane that never comes to its end', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const to = upgrade(stage, room);
    const tombstone = stage.homeserver.state(room, 'm.room.tombstone', '');
    stage.homeserver.setState(room, 'm.room.tombstone', '', {});
    keepOpen(stage, room);
    for (let i = 0; i < 6; i++) await stage.accept(room, String(i));
    // Time passes and the upgrade happens while the lane is in the middle of what it owes.
    stage.homeserver.onEvent(({ content }) => {
      if (content['body'] !== '2') return;
      stage.homeserver.setState(room, 'm.room.tombstone', '', tombstone ?? {});
      stage.clock.advance(tombstoneTtlMs);
    });
    await stage.start();
    await stage.waits(1);
    stage.clock.advance(1_000);
    await stage.homeserver.whenMessages(to, 3);
    expect(stage.bodies(room)).toEqual(['0', '1', '2']);
    expect(stage.bodies(to)).toEqual(['3', '4', '5']);
  });

  it('is followed twice in a row, also where the alias is behind', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    const second = upgrade(stage, first);
    const third = upgrade(stage, second);
    await stage.pointAlias(first);
    stage.refresh();
    await stage.deliver(alias, '2');
    stage.refresh();
    await stage.deliver(alias, '3');
    expect(stage.bodies(third)).toEqual(['2', '3']);
    expect(stage.said.roomUpgraded.map(({ to }) => to)).toEqual([second, third]);
  });

  it('is refused when the new room does not name the old one, and told once', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const to = upgrade(stage, room, { predecessor: false });
    keepOpen(stage, room);
    await stage.start();
    for (const body of ['1', '2', '3']) {
      expect(await stage.deliver(room, body)).toMatchObject(delivered);
      stage.clock.advance(tombstoneTtlMs);
    }
    expect(stage.bodies(room)).toEqual(['1', '2', '3']);
    expect(stage.bodies(to)).toEqual([]);
    const refused = 'its create event does not name the old room';
    expect(stage.said.roomUpgraded).toMatchObject([{ from: room, to, refused }]);
  });

  it('is refused when the new room is not encrypted and the old one was', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room({ encrypted: true });
    const to = upgrade(stage, room, { keepEncryption: false });
    await stage.start();
    expect(await stage.deliver(room, '1')).toMatchObject({ reason: 'encrypted-room' });
    expect(stage.bodies(to)).toEqual([]);
    const refused = 'the old room was encrypted and it is not';
    expect(stage.said.roomUpgraded).toMatchObject([{ refused }]);
  });

  it('into an encrypted room takes no plain text along', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const to = upgrade(stage, room);
    stage.homeserver.encryptRoom(to);
    await stage.start();
    expect(await stage.deliver(room, '1')).toMatchObject({ reason: 'encrypted-room' });
    expect(stage.bodies(to)).toEqual([]);
  });

  it('that leads in a circle is refused', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const to = upgrade(stage, room);
    stage.homeserver.setState(to, 'm.room.tombstone', '', { body: '', replacement_room: room });
    await stage.start();
    expect(await stage.deliver(room, '1')).toMatchObject(delivered);
    expect(stage.bodies(to)).toEqual(['1']);
    expect(stage.said.roomUpgraded.map(({ refused }) => refused)).toEqual([
      undefined,
      'the upgrades lead in a circle',
    ]);
  });

  it('is followed twenty times in a row and no further', async () => {
    await using stage = await DeliveryStage.open();
    const rooms = [stage.room()];
    for (let i = 0; i < 22; i++) {
      const last = rooms.at(-1);
      if (last === undefined) throw new Error('there is one');
      rooms.push(upgrade(stage, last));
      keepOpen(stage, last);
    }
    await stage.start();
    expect(await stage.deliver(rooms[0] ?? '', '1')).toMatchObject(delivered);
    expect(rooms.findIndex((room) => stage.bodies(room).length > 0)).toBe(20);
  });

  it('that is found while the alias moves elsewhere does not lead away from there', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room({ alias });
    await stage.deliver(alias, '1');
    const to = upgrade(stage, room);
    keepOpen(stage, room);
    await stage.pointAlias(room);
    stage.clock.advance(tombstoneTtlMs);
    const joined = answeredLate(stage, ({ operation }) => operation === 'joinRoom', 10_000);
    const entryId = await stage.accept(alias, '2');
    await joined;
    const elsewhere = stage.room();
    await stage.pointAlias(elsewhere);
    stage.sender.refresh();
    await stage.sender.find({ account: 'main', room: alias }, new AbortController().signal);
    stage.clock.advance(10_000);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect([stage.bodies(to), stage.bodies(elsewhere)]).toEqual([[], ['2']]);
  });

  it('to a room in clear is refused also when the old one became encrypted at that moment', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    const to = upgrade(stage, room);
    keepOpen(stage, room);
    stage.clock.advance(tombstoneTtlMs);
    // The last question before it would be followed.
    const asked = answeredLate(
      stage,
      (request) =>
        request.param('eventType') === 'm.room.encryption' && request.param('roomId') === room,
      10_000,
    );
    const entryId = await stage.accept(room, '2');
    await asked;
    stage.homeserver.encryptRoom(room);
    await stage.sender.notice('main', [{ roomId: room, encrypted: true, replaced: false }]);
    stage.clock.advance(10_000);
    expect(await stage.settled(entryId)).toMatchObject({ reason: 'encrypted-room' });
    expect(stage.bodies(to)).toEqual([]);
  });

  it('that a sync tells of while the room is looked at is looked for again', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    stage.clock.advance(tombstoneTtlMs);
    const asked = answeredLate(
      stage,
      (request) => request.param('eventType') === 'm.room.tombstone',
      10_000,
    );
    const entryId = await stage.accept(room, '2');
    await asked;
    const to = upgrade(stage, room);
    keepOpen(stage, room);
    await stage.sender.notice('main', [{ roomId: room, encrypted: false, replaced: true }]);
    stage.clock.advance(10_000);
    await stage.overcome([entryId], 1_000);
    expect([stage.bodies(room), stage.bodies(to)]).toEqual([['1'], ['2']]);
  });

  it('that the account is not let into is waited for', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '1');
    const to = stage.homeserver.upgradeRoom(room);
    const entryId = await stage.accept(room, '2');
    expect(await stage.waits(1)).toMatchObject({ for: 'room' });
    expect(stage.said.roomUpgraded[0]?.refused).toContain('this account cannot join it');
    stage.homeserver.setMembership(to, stage.bot.userId, 'invite');
    stage.dispatcher.wake();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(to)).toEqual(['2']);
  });
});
