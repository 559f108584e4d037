import type { Clock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import type { CryptoDevice, CryptoDevices, DeviceOptions } from '../crypto-device.ts';
import { CryptoThread } from './crypto-thread.ts';
import { RemoteDevice } from './remote-device.ts';
import type { OpeningKind } from './thread-message.ts';

/** A thread that lived this long did not die of being started: the count of deaths begins anew. */
const soundMs = 60_000;
/** This many deaths in a row are taken for accidents and answered with a new thread at once. */
const deathsFree = 3;
/** After that each doubles the pause, up to a minute: opening the stores again and again wears the disk. */
const pauseMsFirst = 1_000;
const pauseMsMax = 60_000;

export interface CryptoDevicesOptions {
  readonly clock: Clock;
  /** The thread's file, where it is not the one beside this file: in a test. */
  readonly threadFile?: URL;
}

/**
 * Opens devices in one thread that they have in common; it starts with the first of them, and anew with the first after
 * it died.
 */
export function openCryptoDevices(options: CryptoDevicesOptions): CryptoDevices {
  return new ThreadDevices(options);
}

/** Where the thread's file is from here: in the sources, in the build, and among the command's bundles. */
function ownThreadFile(): string {
  if (import.meta.url.endsWith('.ts')) return './crypto-worker.ts';
  // One file starts in half the time that forty take.
  return import.meta.url.endsWith('.js') ? '../../crypto-worker.cjs' : './crypto-worker.cjs';
}

class ThreadDevices implements CryptoDevices {
  readonly #clock: Clock;
  readonly #file: URL;
  readonly #listeners = new Set<(error: Error) => void>();
  #thread: CryptoThread | undefined;
  #isClosed = false;
  #deaths = 0;
  #startedAt = 0;
  #pausedUntil = 0;

  constructor({ clock, threadFile }: CryptoDevicesOptions) {
    this.#clock = clock;
    this.#file = threadFile ?? new URL(ownThreadFile(), import.meta.url);
  }

  prepare(): void {
    this.#thread ??= this.#start();
  }

  async open(options: DeviceOptions): Promise<CryptoDevice> {
    const device = await this.#open('open', options);
    if (device === undefined) throw new Error('The thread has neither opened nor begun a store.');
    return device;
  }

  async openKept(options: DeviceOptions): Promise<CryptoDevice | undefined> {
    return await this.#open('open-kept', options);
  }

  onCrash(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.close();
  }

  async #open(kind: OpeningKind, options: DeviceOptions): Promise<CryptoDevice | undefined> {
    if (this.#isClosed) throw new Failure('shutting_down');
    this.#thread ??= this.#start();
    const opened = await this.#thread.open(kind, options);
    return opened && new RemoteDevice(opened.opened, opened.call);
  }

  /** @throws Failure encryption_crashed while a thread that died too often has to wait */
  #start(): CryptoThread {
    const now = this.#clock.monotonic();
    if (now < this.#pausedUntil) {
      const detail = `It died ${this.#deaths} times in a row.`;
      const retryAfterMs = this.#pausedUntil - now;
      throw new Failure('encryption_crashed', { detail, retryAfterMs });
    }
    this.#startedAt = now;
    return new CryptoThread(this.#file, this.#clock, (death) => this.#ended(death));
  }

  #ended(death: Error | undefined): void {
    this.#thread = undefined;
    if (death === undefined) return;
    const now = this.#clock.monotonic();
    this.#deaths = now - this.#startedAt < soundMs ? this.#deaths + 1 : 1;
    if (this.#deaths > deathsFree) {
      const pauseMs = pauseMsFirst * 2 ** (this.#deaths - deathsFree - 1);
      this.#pausedUntil = now + Math.min(pauseMs, pauseMsMax);
    }
    for (const listener of this.#listeners) listener(death);
  }
}
