import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';
import { RoomRecords } from './room-records.ts';

const key = { account: 'main', room: '#ops:x' };

const at = (roomId: string, predecessors: readonly string[] = []): RoomRecord => ({
  ...key,
  roomId,
  resolvedAt: 0,
  encrypted: false,
  predecessors,
});

/** Leads on from wherever the record leads, as an upgrade does. */
const onTo = (roomId: string) => (now: RoomRecord | undefined) =>
  at(roomId, now === undefined ? [] : [...now.predecessors, now.roomId]);

function memoryOf(remember: RoomMemory['remember']): RoomMemory {
  return {
    rooms: async () => await Promise.resolve([]),
    remember,
    markEncrypted: async () => await Promise.resolve(),
  };
}

it('changes of one record come one after the other, each of what the one before it left', async () => {
  const written: string[] = [];
  const records = new RoomRecords(
    memoryOf(async ({ roomId }) => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      written.push(roomId);
    }),
  );
  await records.load();
  const changes = ['!a', '!b', '!c'].map((roomId) => records.change(key, onTo(roomId)));
  expect(await Promise.all(changes)).toEqual([at('!a'), at('!b', ['!a']), at('!c', ['!a', '!b'])]);
  expect(records.get(key)).toEqual(at('!c', ['!a', '!b']));
  expect(written).toEqual(['!a', '!b', '!c']);
});

it('a change that cannot be stored is none, and stands in no other’s way', async () => {
  const records = new RoomRecords(
    memoryOf(async ({ roomId }) => {
      await Promise.resolve();
      if (roomId === '!a') throw new Failure('storage_full');
    }),
  );
  await records.load();
  const failing = records.change(key, onTo('!a'));
  const next = records.change(key, onTo('!b'));
  await expect(failing).rejects.toThrow(Failure);
  expect(await next).toEqual(at('!b'));
});

it('a room is encrypted once it was seen so, also when that cannot be stored', async () => {
  const records = new RoomRecords({
    ...memoryOf(async () => await Promise.resolve()),
    markEncrypted: async () => await Promise.reject(new Failure('storage_full')),
  });
  await records.load();
  await records.change(key, onTo('!a'));
  await expect(records.markEncrypted(['!a'])).rejects.toThrow(Failure);
  expect(records.isEncrypted('!a')).toBe(true);
  expect(records.get(key)).toMatchObject({ encrypted: true });
});

it('a room that was seen encrypted as its record changed is marked so, also when the change cannot be stored', async () => {
  const marked: string[] = [];
  const records = new RoomRecords({
    ...memoryOf(async () => await Promise.reject(new Failure('storage_full'))),
    markEncrypted: async (roomId) => {
      await Promise.resolve();
      marked.push(roomId);
    },
  });
  await records.load();
  const change = records.change(key, () => ({ ...at('!a'), encrypted: true }));
  await expect(change).rejects.toThrow(Failure);
  await records.markEncrypted(['!b']);
  await records.storeMarks();
  expect(marked).toEqual(['!a', '!b']);
});

it('what was stored with its record is not stored again', async () => {
  const marked: string[] = [];
  const records = new RoomRecords({
    ...memoryOf(async () => await Promise.resolve()),
    markEncrypted: async (roomId) => await Promise.resolve(void marked.push(roomId)),
  });
  await records.load();
  await records.change(key, () => ({ ...at('!a'), encrypted: true }));
  await records.storeMarks();
  expect(marked).toEqual([]);
});
