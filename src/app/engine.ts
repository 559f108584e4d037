import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AccountEvent } from '../accounts/account-event.ts';
import { fileCredentialStore } from '../accounts/credential-store.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { DeliveryEvents } from '../delivery/delivery-events.ts';
import { Dispatcher } from '../delivery/dispatcher.ts';
import { MatrixSender } from '../delivery/matrix-sender.ts';
import type { Sender } from '../delivery/sender.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { createIds, type Ids } from '../outbox/new-id.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { openDataDir } from '../store/data-dir.ts';
import { type Ownership, takeOwnership } from '../store/owner-lock.ts';
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type LiveAccounts, openLiveAccounts } from './accounts.ts';
import { purgePeriodically } from './purge.ts';

/** Wraps parts while they are put together; for tests that break a guarantee on purpose, or watch one. */
export interface Overrides {
  outbox?(outbox: Outbox): Outbox;
  sender?(sender: Sender): Sender;
}

/** What the engine reports as it happens. */
export interface EngineEvents extends DeliveryEvents {
  account(event: AccountEvent): void;
}

export interface EngineDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly events: EngineEvents;
  /** What the holder of the data directory calls itself, such as `bellhop serve`. */
  readonly command: string;
  readonly overrides?: Overrides | undefined;
}

/** What carries messages: the outbox with its owner's rights, the accounts, and delivery. */
export interface Engine {
  readonly store: SqliteStore;
  /** The store, as the rest of the house sees it. */
  readonly outbox: Outbox;
  readonly accounts: LiveAccounts;
  readonly sender: MatrixSender;
  readonly dispatcher: Dispatcher;
  readonly ids: Ids;
  /** Calls `listener` when something new is known of a room. */
  onRoomsChanged(listener: () => void): void;
  /** Uses another configuration from now on; whatever waits is tried at once. */
  reconfigure(config: Config): Promise<void>;
  /** Lets requests under way end for `deadlineMs`, then closes everything in reverse order. */
  close(deadlineMs: number): Promise<void>;
}

interface Storage {
  readonly ownership: Ownership;
  readonly store: SqliteStore;
}

async function composeStorage(deps: EngineDeps): Promise<Storage> {
  const { config, clock, command } = deps;
  const dir = openDataDir(config.dataDir);
  const ownership = takeOwnership(dir, {
    pid: process.pid,
    host: hostname(),
    startedAt: clock.now(),
    command,
  });
  try {
    const store = await openSqliteStore({
      file: join(dir, 'outbox.db'),
      limits: {
        queued: config.limits.queuedMax,
        queuedPerSource: config.limits.queuedPerSourceMax,
      },
      clock,
    });
    await store.recover();
    return { ownership, store };
  } catch (error) {
    ownership.release();
    throw error;
  }
}

/** Which rooms must be encrypted, by what the configuration says now. */
function requiredEncryption(config: Config): ReadonlySet<string> {
  const required = [...config.rooms.values()].filter((room) => room.encryption === 'required');
  return new Set(required.map((room) => `${room.account} ${room.room}`));
}

/**
 * Takes the data directory and starts delivering what it owes.
 *
 * @throws Failure data_dir_owned, data_dir_unusable, storage_failed
 */
export async function openEngine(deps: EngineDeps): Promise<Engine> {
  const { clock, events, overrides } = deps;
  const { ownership, store } = await composeStorage(deps);
  const outbox = overrides?.outbox?.(store) ?? store;
  const roomListeners: (() => void)[] = [];
  const accounts = await openLiveAccounts(deps.config.accounts.values(), {
    store: fileCredentialStore(deps.config.dataDir),
    clock,
    openHomeserver,
    onEvent: (event) => events.account(event),
  });
  let required = requiredEncryption(deps.config);
  const sender = new MatrixSender({
    speakers: accounts,
    queue: outbox,
    memory: {
      rooms: async () => await store.rooms(),
      async remember(record) {
        await store.remember(record);
        for (const listener of roomListeners) listener();
      },
    },
    clock,
    events,
    encryptionRequired: (key: LaneKey) => required.has(`${key.account} ${key.room}`),
  });
  const dispatcher = new Dispatcher({
    queue: outbox,
    sender: overrides?.sender?.(sender) ?? sender,
    clock,
    random: Math.random,
    events,
  });
  await dispatcher.start();
  let { retention } = deps.config;
  const stopPurging = purgePeriodically(store, clock, () => retention, events);
  return {
    store,
    outbox,
    accounts,
    sender,
    dispatcher,
    ids: createIds(clock, randomBytes),
    onRoomsChanged(listener) {
      roomListeners.push(listener);
    },
    async reconfigure(config) {
      required = requiredEncryption(config);
      retention = config.retention;
      await accounts.reconfigure(config.accounts.values());
      sender.refresh();
      dispatcher.wake();
    },
    async close(deadlineMs) {
      stopPurging();
      await dispatcher.stop(deadlineMs);
      await accounts.close();
      await store.close();
      ownership.release();
    },
  };
}
