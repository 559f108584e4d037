import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { RoomGuide } from './room-guide.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';

const recordOf = (room: string): RoomRecord => ({
  account: 'main',
  room,
  roomId: `!${room}`,
  resolvedAt: 0,
  encrypted: false,
  predecessors: [],
});

it('what a sync says of encryption leaves every record where it leads, however long it takes to store', async () => {
  const begun = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const marked: string[] = [];
  const guide = new RoomGuide({
    memory: {
      rooms: async () => await Promise.resolve(['a', 'b', 'c'].map(recordOf)),
      remember: async () => await Promise.reject(new Error('no record was to change')),
      markEncrypted: async (roomId) => {
        if (marked.push(roomId) === 2) begun.resolve();
        await stored.promise;
      },
    },
    clock: new ManualClock(),
    events: { roomUpgraded: () => undefined },
  });
  const news = ['!a', '!b', '!elsewhere'];
  const noticed = guide.notice(
    'main',
    news.map((roomId) => ({ roomId, encrypted: true, replaced: false })),
  );
  await begun.promise;
  const records = await guide.records();
  expect(records.map(({ encrypted }) => encrypted)).toEqual([true, true, false]);
  stored.resolve();
  await noticed;
  expect(marked).toEqual(['!a', '!b']);
});

it('an encryption that could not be stored is stored at what a sync says next', async () => {
  const stored: string[] = [];
  let isFull = true;
  const memory: RoomMemory = {
    rooms: async () => await Promise.resolve([recordOf('a')]),
    remember: async () => await Promise.resolve(),
    markEncrypted: async (roomId) => {
      await Promise.resolve();
      if (isFull) throw new Failure('storage_full');
      stored.push(roomId);
    },
  };
  const events = { roomUpgraded: () => undefined };
  const guide = new RoomGuide({ memory, clock: new ManualClock(), events });
  const news = [{ roomId: '!a', encrypted: true, replaced: false }];
  await expect(guide.notice('main', news)).rejects.toThrow(Failure);
  isFull = false;
  await guide.notice('main', []);
  await guide.notice('main', news);
  expect(stored).toEqual(['!a']);
});
