import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import type { CryptoDevice, DeviceOptions, OpenedDevice } from '../crypto-device.ts';
import { failureOf } from './failure-record.ts';
import type { DeviceOperation, FromThread, OpeningKind, ToThread } from './thread-message.ts';

/** Calls an operation of one device. */
export type CallDevice = <Operation extends DeviceOperation>(
  operation: Operation,
  ...args: Parameters<CryptoDevice[Operation]>
) => ReturnType<CryptoDevice[Operation]>;

/** The longest calls measured take a second; a thread that answers nothing for this long will not again. */
const silenceMsMax = 120_000;
/** Closing waits for the calls under way. */
const closeMsMax = 10_000;
/** The answers of a large room's homeserver take some MB; the engine's own memory is not counted here. */
const heap = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Failure) => void;
}

/** One thread with its devices, from its start to its end. A panic of the engine ends the thread, and nothing else. */
export class CryptoThread {
  readonly #ended: Promise<void>;
  readonly #onEnd: (death: Error | undefined) => void;
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #devices = 0;
  #printed = '';
  #death: Error | undefined;
  #state: 'running' | 'closing' | 'ended' = 'running';
  #stopWatch: (() => void) | undefined;

  /** `onEnd` learns what killed the thread, undefined when it was closed, before any call on it fails. */
  constructor(file: URL, clock: Clock, onEnd: (death: Error | undefined) => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#worker = new Worker(file, { name: 'bellhop-crypto', execArgv: [], resourceLimits: heap });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (cause) => {
      this.#death ??= cause instanceof Error ? cause : new Error(String(cause));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#end();
        resolve();
      });
    });
  }

  /**
   * Undefined: it was asked for a kept one, and there is none.
   *
   * @throws Failure encryption_store_unusable, storage_full, storage_failed, encryption_crashed
   */
  async open(
    kind: OpeningKind,
    options: DeviceOptions,
  ): Promise<{ opened: OpenedDevice; call: CallDevice } | undefined> {
    const device = ++this.#devices;
    const opened = await this.#ask((call) => ({ kind, call, device, options }));
    if (opened === undefined) return undefined;
    const call: CallDevice = (operation, ...args) =>
      this.#ask((number) => ({
        kind: 'call',
        call: number,
        device,
        operation,
        args,
      })) as ReturnType<CryptoDevice[typeof operation]>;
    return { opened: opened as OpenedDevice, call };
  }

  /** Ends the thread after what it has begun. */
  async close(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'closing';
      this.#tell({ kind: 'close' });
    }
    const cancel = this.#clock.after(closeMsMax, () => void this.#worker.terminate());
    await this.#ended;
    cancel();
  }

  #ask(message: (call: number) => ToThread): Promise<unknown> {
    if (this.#state === 'closing') return Promise.reject(new Failure('shutting_down'));
    if (this.#state === 'ended') return Promise.reject(this.#lost());
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#tell(message(call));
      this.#pending.set(call, { resolve, reject });
      if (this.#pending.size === 1) this.#watch();
    });
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    if (message.kind === 'printed') {
      this.#printed = message.text;
      return;
    }
    const pending = this.#pending.get(message.call);
    this.#pending.delete(message.call);
    this.#watch();
    if (message.kind === 'failed') pending?.reject(failureOf(message.failure));
    else pending?.resolve(message.kind === 'open' ? message.opened : message.value);
  }

  /** Every answer gives the thread new time for the next. */
  #watch(): void {
    this.#stopWatch?.();
    if (this.#pending.size === 0) return;
    this.#stopWatch = this.#clock.after(silenceMsMax, () => {
      this.#death ??= new Error('The thread did not answer any more.');
      void this.#worker.terminate();
    });
  }

  #end(): void {
    const wasAsked = this.#state === 'closing' && this.#death === undefined;
    this.#state = 'ended';
    this.#stopWatch?.();
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    this.#onEnd(wasAsked ? undefined : this.#lost());
    for (const { reject } of lost) reject(this.#lost());
  }

  #lost(): Failure {
    const cause = this.#death ?? new Error('The thread ended.');
    if (this.#printed === '') return new Failure('encryption_crashed', { cause });
    return new Failure('encryption_crashed', { cause: new Error(this.#printed, { cause }) });
  }
}
