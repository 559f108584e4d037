import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { destinationsOf } from '../../../app/destinations.ts';
import { thisProcess } from '../../../app/this-process.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import { entriesOfId } from '../../../outbox/entries-of-id.ts';
import type { EntryView } from '../../../outbox/entry.ts';
import type { OutboxReader } from '../../../outbox/outbox.ts';
import { createRoomDirectory, type RoomDirectory } from '../../../routing/room-directory.ts';
import { isThere } from '../../../store/data-dir.ts';
import { openInlineStore } from '../../../store/sqlite/open-inline-store.ts';
import {
  openReadOnlyStore,
  type ReadOnlyStore,
} from '../../../store/sqlite/open-read-only-store.ts';
import type { SqliteStore } from '../../../store/sqlite/sqlite-store.ts';
import { whileUnowned } from '../../../store/while-unowned.ts';

const fileOf = (config: Config): string => join(config.dataDir, 'outbox.db');

/** Reads the outbox without changing it; `empty` where there is none yet. @throws Failure storage_failed */
export async function readOutbox<Result>(
  config: Config,
  empty: Result,
  use: (store: ReadOnlyStore) => Promise<Result>,
): Promise<Result> {
  const store = openReadOnlyStore(fileOf(config), systemClock);
  if (store === undefined) return empty;
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/**
 * Opens the outbox to change it, which is safe beside a daemon: every change is a transaction.
 *
 * @throws Failure not_found when there is no outbox, storage_full, storage_failed
 */
export async function changeOutbox<Result>(
  config: Config,
  use: (store: SqliteStore) => Promise<Result>,
): Promise<Result> {
  const file = fileOf(config);
  if (!isThere(file)) throw new Failure('not_found', { detail: `There is no outbox ${file}.` });
  const { queuedMax: queued, queuedPerSourceMax: queuedPerSource } = config.limits;
  const limits = { queued, queuedPerSource };
  const guard = whileUnowned(file, () => thisProcess('bellhop outbox'));
  const store = openInlineStore({ file, limits, clock: systemClock }, guard);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The configured rooms under all their names. */
export async function roomsOf(
  config: Config,
  store: Pick<ReadOnlyStore, 'rooms'>,
): Promise<RoomDirectory> {
  return createRoomDirectory({
    destinations: destinationsOf(config),
    known: await store.rooms(),
    sha256: (text) => createHash('sha256').update(text).digest(),
    serverNames: [],
  });
}

/** The entries that an id names: all of a notification, or one. @throws Failure not_found */
export async function entriesOf(
  store: Pick<OutboxReader, 'entries'>,
  text: string,
): Promise<EntryView[]> {
  const views = await entriesOfId(store, text.toUpperCase());
  if (views.length > 0) return views;
  throw new Failure('not_found', { detail: `No message has the id ${text}.` });
}
