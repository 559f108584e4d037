import { expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { RoomGuide } from './room-guide.ts';
import type { RoomRecord } from './room-memory.ts';

it('what a sync says of encryption leaves every record where it leads, however long it takes to store', async () => {
  const recordOf = (room: string): RoomRecord => ({
    account: 'main',
    room,
    roomId: `!${room}`,
    resolvedAt: 0,
    encrypted: false,
    predecessors: [],
  });
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
