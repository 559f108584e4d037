import { existsSync, rmSync } from 'node:fs';
import {
  DeviceId,
  initAsync,
  OlmMachine,
  StoreHandle,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import { Failure } from '../../errors.ts';
import type { DeviceOptions, OpenedDevice } from '../crypto-device.ts';
import { installIndexedDb } from '../idb/install-indexed-db.ts';
import { type CryptoDatabase, openCryptoDatabase } from '../idb/open-crypto-database.ts';
import { storageFailure } from '../idb/storage-failure.ts';
import { DeviceTables } from './device-tables.ts';
import { engineFailure } from './engine-failure.ts';
import { storeKey, storePrefix } from './store-key.ts';

/** One device's engine on its store. */
export class DeviceStore {
  readonly machine: OlmMachine;
  readonly tables: DeviceTables;
  readonly crypto: CryptoDatabase;
  readonly opened: OpenedDevice;
  /** Whether the engine was given a message of another device since the opening: it may have more to do with it. */
  hasMessages = false;
  readonly #file: StoreFile;
  readonly #beside = new Set<Promise<unknown>>();

  constructor(file: StoreFile, machine: OlmMachine, opened: OpenedDevice) {
    this.machine = machine;
    this.tables = file.tables;
    this.crypto = file.crypto;
    this.opened = opened;
    this.#file = file;
  }

  /** Why memory and disk may differ; then this store has to be closed, and opened anew. */
  get trouble(): Failure | undefined {
    return this.#file.trouble;
  }

  /**
   * Runs `work` alone; all that it changed, in the engine and in the tables, is one commit when it resolves.
   *
   * @throws Failure storage_full or storage_failed when the store could not be written
   */
  async group<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.crypto.group(work);
    } catch (thrown) {
      throw engineFailure(thrown, this.trouble);
    }
  }

  /**
   * Runs `work` beside the groups: for what only reads, and waits for what a group has to bring.
   *
   * @throws Failure storage_full or storage_failed when the store could not be read
   */
  async beside<Result>(work: () => Promise<Result>): Promise<Result> {
    const running = work();
    this.#beside.add(running);
    try {
      return await running;
    } catch (thrown) {
      throw engineFailure(thrown, this.trouble);
    } finally {
      this.#beside.delete(running);
    }
  }

  async close(): Promise<void> {
    // What is still under way ends first, well or not: the engine must not go while a call is in it.
    await Promise.allSettled(this.#beside);
    await this.crypto.group(async () => undefined).catch(() => undefined);
    this.machine.close();
    this.crypto.close();
  }
}

/** The open file of a store, before there is an engine on it. */
interface StoreFile {
  readonly crypto: CryptoDatabase;
  readonly tables: DeviceTables;
  readonly trouble: Failure | undefined;
}

/**
 * Opens a device's store; one that another device left there is begun anew.
 *
 * @throws Failure encryption_store_unusable, storage_full, storage_failed
 */
export async function openDeviceStore(options: DeviceOptions): Promise<DeviceStore> {
  const key = storeKey(options);
  let file = openFile(options);
  const isNew = !isBound(file, options);
  if (isNew) {
    // Another device's keys, or the beginnings of a store whose making was cut short.
    file.crypto.close();
    for (const ending of ['', '-wal', '-shm']) rmSync(`${options.file}${ending}`, { force: true });
    file = openFile(options);
  }
  return await openEngine(file, options, key, isNew);
}

/**
 * Opens a device's store if it has one; undefined: it has none, and what another device left there is as it was.
 *
 * @throws Failure encryption_store_unusable, storage_full, storage_failed
 */
export async function openKeptStore(options: DeviceOptions): Promise<DeviceStore | undefined> {
  const key = storeKey(options);
  if (!existsSync(options.file)) return undefined;
  const file = openFile(options);
  if (isBound(file, options)) return await openEngine(file, options, key, false);
  file.crypto.close();
  return undefined;
}

async function openEngine(
  file: StoreFile,
  options: DeviceOptions,
  key: Uint8Array,
  isNew: boolean,
): Promise<DeviceStore> {
  try {
    await initAsync();
    installIndexedDb();
    const machine = await openMachine(file, options, key);
    // The device's row comes last: a store without it was never used.
    const counted = await file.crypto.group(async () => file.tables.countStart(options));
    const { ed25519, curve25519 } = machine.identityKeys;
    const keys = { ed25519: ed25519.toBase64(), curve25519: curve25519.toBase64() };
    return new DeviceStore(file, machine, { keys, isNew, ...counted });
  } catch (thrown) {
    file.crypto.close();
    throw engineFailure(thrown, file.trouble);
  }
}

function openFile({ file, userId, deviceId }: DeviceOptions): StoreFile {
  let trouble: Failure | undefined;
  const prefix = storePrefix(userId, deviceId);
  const crypto = openCryptoDatabase({
    file,
    prefix,
    onFatal: (failure) => {
      trouble ??= failure;
    },
  });
  try {
    const tables = new DeviceTables(crypto.database);
    return {
      crypto,
      tables,
      get trouble() {
        return trouble;
      },
    };
  } catch (cause) {
    crypto.close();
    throw storageFailure(cause);
  }
}

function isBound({ tables }: StoreFile, { userId, deviceId }: DeviceOptions): boolean {
  const binding = tables.binding();
  return binding?.userId === userId && binding.deviceId === deviceId;
}

async function openMachine(
  file: StoreFile,
  { userId, deviceId }: DeviceOptions,
  key: Uint8Array,
): Promise<OlmMachine> {
  try {
    const handle = await StoreHandle.openWithKey(file.crypto.prefix, key);
    return await OlmMachine.initFromStore(new UserId(userId), new DeviceId(deviceId), handle);
  } catch (cause) {
    if (file.trouble !== undefined) throw cause;
    const detail = 'It was made with another key, or it is damaged.';
    throw new Failure('encryption_store_unusable', { detail, cause });
  }
}
