import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { SqliteStore } from './sqlite-store.ts';
import type { SqliteStoreOptions } from './store-options.ts';

/** An executor's way to open a store. */
export type OpenStore = (options: SqliteStoreOptions) => SqliteStore | Promise<SqliteStore>;

/** A store in a directory of its own, which `close` removes. */
export interface TempStore {
  store: SqliteStore;
  readonly dir: string;
  readonly options: SqliteStoreOptions;
  /** Opens the database again and recovers, as the next owner does. */
  restart(): Promise<SqliteStore>;
  close(): Promise<void>;
}

const wide = { queued: 1_000_000, queuedPerSource: 1_000_000 };

export async function openTempStore(
  open: OpenStore,
  change: Partial<SqliteStoreOptions> = {},
): Promise<TempStore> {
  const dir = await mkdtemp(join(tmpdir(), 'bellhop-store-'));
  const file = join(dir, 'outbox.db');
  const options: SqliteStoreOptions = { file, limits: wide, clock: systemClock, ...change };
  const temp: TempStore = {
    store: await open(options),
    dir,
    options,
    async restart() {
      await temp.store.close();
      temp.store = await open(options);
      await temp.store.recover();
      return temp.store;
    },
    async close() {
      await temp.store.close();
      await rm(dir, { recursive: true });
    },
  };
  return temp;
}
