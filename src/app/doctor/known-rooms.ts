import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { openReadOnlyStore } from '../../store/sqlite/open-read-only-store.ts';

/** What delivery has learnt of rooms; empty where it has not delivered yet. @throws Failure storage_failed */
export async function knownRooms(config: Pick<Config, 'dataDir'>): Promise<RoomRecord[]> {
  const store = openReadOnlyStore(join(config.dataDir, 'outbox.db'), systemClock);
  if (store === undefined) return [];
  try {
    return await store.rooms();
  } finally {
    await store.close();
  }
}
