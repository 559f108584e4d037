import { Failure } from '../../errors.ts';
import type { CryptoDevice, CryptoDevices, DeviceOptions } from '../crypto-device.ts';
import { catchPrinted } from './catch-printed.ts';
import { failureOf, recordFailure } from './failure-record.ts';
import { RemoteDevice } from './remote-device.ts';
import type { OpenDevice, OpeningKind } from './thread-message.ts';

export interface InlineDevicesOptions {
  /** Loads the engine and what opens devices with it; called once, when it is first needed. */
  readonly load: () => Promise<OpenDevice>;
  /** Calls `listener` with what the engine died of, until the returned function is called. */
  readonly onDeath: (listener: (death: Error) => void) => () => void;
}

/**
 * Opens devices in the caller's own thread, for a program that says one thing and ends: to start a thread for the engine
 * takes longer than all that the engine does there. Once the engine has died it is dead until the program ends.
 */
export function openInlineDevices(options: InlineDevicesOptions): CryptoDevices {
  return new InlineDevices(options);
}

class InlineDevices implements CryptoDevices {
  readonly #load: () => Promise<OpenDevice>;
  readonly #listeners = new Set<(error: Error) => void>();
  readonly #stopListening: () => void;
  /** Never resolves; calls that were under way when the engine died never settle by themselves. */
  readonly #dead: Promise<never>;
  #death: Failure | undefined;
  #loading: Promise<OpenDevice> | undefined;
  readonly #open = new Set<CryptoDevice>();
  #stopCatching: (() => void) | undefined;
  #printed: string | undefined;
  #isClosed = false;

  constructor({ load, onDeath }: InlineDevicesOptions) {
    this.#load = load;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#dead = promise;
    this.#dead.catch(() => undefined);
    this.#stopListening = onDeath((death) => {
      const cause =
        this.#printed === undefined ? death : new Error(this.#printed, { cause: death });
      this.#death ??= new Failure('encryption_crashed', { cause });
      // First, so that whoever hears of a failed call opens nothing with the devices of before.
      for (const listener of this.#listeners) listener(this.#death);
      reject(this.#death);
    });
  }

  prepare(): void {
    // Whoever opens a device hears of a failure.
    this.#loaded().catch(() => undefined);
  }

  async open(options: DeviceOptions): Promise<CryptoDevice> {
    const device = await this.#opened('open', options);
    if (device === undefined) throw new Error('A store was neither opened nor begun.');
    return device;
  }

  async openKept(options: DeviceOptions): Promise<CryptoDevice | undefined> {
    return await this.#opened('open-kept', options);
  }

  onCrash(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(
      [...this.#open].map(async (device) => await this.#alive(async () => await device.close())),
    );
    this.#stopListening();
    this.#stopCatching?.();
  }

  async #opened(kind: OpeningKind, options: DeviceOptions): Promise<CryptoDevice | undefined> {
    if (this.#isClosed) throw new Failure('shutting_down');
    const device = await this.#alive(async () => {
      const open = await this.#loaded();
      return await open(options, kind);
    });
    if (device === undefined) return undefined;
    this.#open.add(device);
    return new RemoteDevice(device.opened, (operation, ...args) => {
      if (operation === 'close') this.#open.delete(device);
      const run = device[operation] as (...args: unknown[]) => Promise<unknown>;
      return this.#alive(async () => await run.apply(device, args)) as ReturnType<
        CryptoDevice[typeof operation]
      >;
    });
  }

  async #loaded(): Promise<OpenDevice> {
    this.#stopCatching ??= catchPrinted((text) => {
      this.#printed = text;
    });
    this.#loading ??= this.#load();
    return await this.#loading;
  }

  /** What `work` comes to, or the engine's death. The engine throws objects whose memory is its own: none get out. */
  async #alive<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#requireAlive();
    try {
      return await Promise.race([work(), this.#dead]);
    } catch (thrown) {
      this.#requireAlive();
      throw failureOf(recordFailure(thrown));
    }
  }

  #requireAlive(): void {
    if (this.#death !== undefined) throw this.#death;
  }
}
