import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AccountEvent } from '../accounts/account-event.ts';
import { fileCredentialStore } from '../accounts/credential-store.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { DeliveryEvents } from '../delivery/delivery-events.ts';
import { Dispatcher } from '../delivery/dispatcher.ts';
import { MatrixSender } from '../delivery/matrix-sender.ts';
import type { RoomMemory } from '../delivery/room-memory.ts';
import type { Sender } from '../delivery/sender.ts';
import type { RoomNews } from '../encryption/crypto-device.ts';
import type { EncryptionEvents } from '../encryption/encryption.ts';
import { connectionsDefault } from '../matrix/transport.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { createIds, type Ids } from '../outbox/new-id.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { openDataDir } from '../store/data-dir.ts';
import { takeOwnership } from '../store/owner-lock.ts';
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type AccountEncryption, openAccountEncryption } from './account-encryption.ts';
import { type LiveAccounts, openLiveAccounts } from './accounts.ts';
import { purgePeriodically } from './purge.ts';
import { thisProcess } from './this-process.ts';

/** Wraps parts while they are put together; for tests that break a guarantee on purpose, or watch one. */
export interface Overrides {
  outbox?(outbox: Outbox): Outbox;
  sender?(sender: Sender): Sender;
  /** Takes the place of the file of the thread that holds the keys. */
  readonly cryptoThread?: URL;
}

/** What the engine reports as it happens. */
export interface EngineEvents extends DeliveryEvents, Omit<EncryptionEvents, 'roomNews'> {
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
  readonly encryption: AccountEncryption;
  readonly sender: MatrixSender;
  readonly dispatcher: Dispatcher;
  readonly ids: Ids;
  /** Calls `listener` when something new is known of a room. */
  onRoomsChanged(listener: () => void): void;
  /**
   * Uses another configuration from now on; whatever waits is tried at once. It refuses nothing: what is wrong with an
   * account is told by whoever needs it.
   */
  reconfigure(config: Config): Promise<void>;
  /** Lets requests under way end for `deadlineMs`, then closes everything in reverse order, whatever fails. */
  close(deadlineMs: number): Promise<void>;
}

/** What is open, and closed in reverse: by whoever fails to open the rest, or at the end. */
type Opened = Pick<AsyncDisposableStack, 'defer'>;

async function composeStore(deps: EngineDeps, opened: Opened): Promise<SqliteStore> {
  const { config, clock, command } = deps;
  const dir = openDataDir(config.dataDir);
  const ownership = takeOwnership(dir, thisProcess(command, clock));
  opened.defer(() => ownership.release());
  const store = await openSqliteStore({
    file: join(dir, 'outbox.db'),
    limits: {
      queued: config.limits.queuedMax,
      queuedPerSource: config.limits.queuedPerSourceMax,
    },
    clock,
  });
  opened.defer(async () => await store.close());
  await store.recover();
  return store;
}

/** Which rooms must be encrypted, by what the configuration says now. */
function requiredEncryption(config: Config): ReadonlySet<string> {
  const required = [...config.rooms.values()].filter((room) => room.encryption === 'required');
  return new Set(required.map((room) => `${room.account} ${room.room}`));
}

/**
 * Tells delivery what a running sync says of its rooms. It counts at once; what cannot be stored now is written at the next
 * such news, or when a lane next finds its room.
 */
function noticeRooms(
  sender: MatrixSender,
  account: string,
  news: readonly RoomNews[],
  events: Pick<EngineEvents, 'storeFailed'>,
): void {
  sender.notice(account, news).catch((cause: unknown) => {
    events.storeFailed({ lane: undefined, cause });
  });
}

/** Who speaks, how they encrypt, and how what they say gets there. */
interface Speaking {
  readonly accounts: LiveAccounts;
  readonly encryption: AccountEncryption;
  readonly sender: MatrixSender;
  /** Uses another configuration from now on. */
  reconfigure(config: Config): Promise<void>;
}

async function composeSpeaking(
  { config, clock, events, overrides }: EngineDeps,
  outbox: Outbox,
  memory: RoomMemory,
  opened: Opened,
): Promise<Speaking> {
  let { size: accountsCount } = config.accounts;
  const accounts = await openLiveAccounts(config.accounts.values(), {
    store: fileCredentialStore(config.dataDir),
    clock,
    // An account that encrypts waits for news all the time; what is sent must not wait for its connection.
    openHomeserver: (baseUrl) =>
      openHomeserver(baseUrl, { connections: connectionsDefault + accountsCount }),
    onEvent: (event) => events.account(event),
  });
  opened.defer(async () => await accounts.close());
  const encryption = openAccountEncryption({
    config,
    sessions: accounts,
    clock,
    events: {
      identity: (account, state) => events.identity(account, state),
      crashed: (error) => events.crashed(error),
      withheld: (account, roomId, devices) => events.withheld(account, roomId, devices),
      roomNews: (account, news) => noticeRooms(sender, account, news, events),
    },
    follow: true,
    threadFile: overrides?.cryptoThread,
  });
  opened.defer(async () => await encryption.close());
  let required = requiredEncryption(config);
  const sender: MatrixSender = new MatrixSender({
    speakers: accounts,
    queue: outbox,
    memory,
    clock,
    events,
    encryptor: encryption,
    encryptionRequired: (key: LaneKey) => required.has(`${key.account} ${key.room}`),
  });
  return {
    accounts,
    encryption,
    sender,
    async reconfigure(next) {
      required = requiredEncryption(next);
      accountsCount = next.accounts.size;
      await accounts.reconfigure(next.accounts.values());
      await encryption.reconfigure(next);
      sender.refresh();
    },
  };
}

/**
 * Takes the data directory and starts delivering what it owes.
 *
 * @throws Failure data_dir_owned, data_dir_unusable, storage_failed
 */
export async function openEngine(deps: EngineDeps): Promise<Engine> {
  const { clock, events, overrides } = deps;
  await using opening = new AsyncDisposableStack();
  const store = await composeStore(deps, opening);
  const outbox = overrides?.outbox?.(store) ?? store;
  const roomListeners: (() => void)[] = [];
  const tellListeners = (): void => {
    for (const listener of roomListeners) listener();
  };
  const memory: RoomMemory = {
    rooms: async () => await store.rooms(),
    remember: async (record) => await store.remember(record).then(tellListeners),
    markEncrypted: async (roomId) => await store.markEncrypted(roomId).then(tellListeners),
  };
  const speaking = await composeSpeaking(deps, outbox, memory, opening);
  const { accounts, encryption, sender } = speaking;
  const dispatcher = new Dispatcher({
    queue: outbox,
    sender: overrides?.sender?.(sender) ?? sender,
    clock,
    random: Math.random,
    events,
  });
  let drainMs = 0;
  opening.defer(async () => await dispatcher.stop(drainMs));
  await dispatcher.start();
  let { retention } = deps.config;
  opening.defer(purgePeriodically(store, clock, () => retention, events));
  const opened = opening.move();
  let closing: Promise<void> | undefined;
  return {
    store,
    outbox,
    accounts,
    encryption,
    sender,
    dispatcher,
    ids: createIds(clock, randomBytes),
    onRoomsChanged(listener) {
      roomListeners.push(listener);
    },
    async reconfigure(config) {
      retention = config.retention;
      await speaking.reconfigure(config);
      dispatcher.wake();
    },
    async close(deadlineMs) {
      drainMs = deadlineMs;
      closing ??= opened.disposeAsync();
      await closing;
    },
  };
}
