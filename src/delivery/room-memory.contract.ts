import { describe, expect, it } from 'vitest';
import type { RoomMemory, RoomRecord } from './room-memory.ts';

/** An implementation under the contract, alone with its storage. */
export interface RoomMemoryHarness {
  readonly memory: RoomMemory;
  /** The same storage, opened as after kill -9. */
  restart(): Promise<RoomMemory>;
  close(): Promise<void>;
}

const record: RoomRecord = {
  account: 'main',
  room: '#ops:x',
  roomId: '!ops',
  resolvedAt: 1_700_000_000_000,
  encrypted: false,
  predecessors: [],
};

/** What every implementation of the RoomMemory port promises. */
export function roomMemoryContract(name: string, open: () => Promise<RoomMemoryHarness>): void {
  const withMemory =
    (claim: (memory: RoomMemory, harness: RoomMemoryHarness) => Promise<void>) => async () => {
      const harness = await open();
      try {
        await claim(harness.memory, harness);
      } finally {
        await harness.close();
      }
    };

  describe(name, () => {
    it(
      'what is remembered is there after kill -9',
      withMemory(async (memory, { restart }) => {
        expect(await memory.rooms()).toEqual([]);
        const upgraded = { ...record, encrypted: true, predecessors: ['!first', '!second'] };
        await memory.remember(upgraded);
        expect(await (await restart()).rooms()).toEqual([upgraded]);
      }),
    );

    it(
      'a record is replaced by the next of its account and room, and by no other',
      withMemory(async (memory) => {
        await memory.remember(record);
        await memory.remember({ ...record, account: 'second' });
        const moved = { ...record, roomId: '!new', predecessors: ['!ops'], resolvedAt: 1 };
        await memory.remember(moved);
        expect(await memory.rooms()).toEqual([moved, { ...record, account: 'second' }]);
      }),
    );

    it(
      'once encrypted, always encrypted',
      withMemory(async (memory) => {
        await memory.remember({ ...record, encrypted: true });
        await memory.remember({ ...record, encrypted: false });
        expect(await memory.rooms()).toEqual([{ ...record, encrypted: true }]);
      }),
    );

    it(
      'a room stays encrypted also after its record led elsewhere in between',
      withMemory(async (memory) => {
        await memory.remember({ ...record, encrypted: true });
        const elsewhere = { ...record, roomId: '!elsewhere' };
        await memory.remember(elsewhere);
        expect(await memory.rooms()).toEqual([elsewhere]);
        await memory.remember(record);
        expect(await memory.rooms()).toEqual([{ ...record, encrypted: true }]);
      }),
    );

    it(
      'a room that is marked as encrypted is so in every record that leads there, now or later',
      withMemory(async (memory, { restart }) => {
        await memory.remember(record);
        await memory.markEncrypted('!ops');
        await memory.markEncrypted('!ops');
        await memory.markEncrypted('!later');
        const again = await restart();
        const later = { ...record, account: 'second', roomId: '!later' };
        await again.remember(later);
        expect(await again.rooms()).toEqual([
          { ...record, encrypted: true },
          { ...later, encrypted: true },
        ]);
      }),
    );
  });
}
