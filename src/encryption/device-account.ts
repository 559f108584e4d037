import { Failure } from '../errors.ts';
import { untilAborted } from '../until-aborted.ts';
import { DeviceHolder } from './device-holder.ts';
import { DeviceChanged } from './device-session.ts';
import type { EncryptionReport, EncryptRequest } from './encryption.ts';
import type { EncryptionPorts } from './encryption-ports.ts';
import type { LiveDevice } from './live-device.ts';
import { notReady } from './not-ready.ts';
import { SyncLoop } from './sync-loop.ts';

/** As long as clients usually let a homeserver wait; proxies that end idle requests wait longer. */
const syncMs = 30_000;
/** Work whose device ended under it is begun once more with the next; a second end is the caller's to wait out. */
const triesMax = 2;

/** One account's encryption: its device is opened when first needed, followed, and opened anew when it died. */
export class DeviceAccount {
  readonly #name: string;
  readonly #holder: DeviceHolder;
  readonly #loop: SyncLoop;
  readonly #follow: boolean;
  readonly #end = new AbortController();
  readonly #withheld = new Map<string, number>();
  #looping: Promise<void> | undefined;
  #syncedAt: number | undefined;
  #crashes = 0;
  #trouble: string | undefined;

  constructor(name: string, ports: EncryptionPorts) {
    const { clock, random, events, follow } = ports;
    this.#name = name;
    this.#follow = follow;
    this.#holder = new DeviceHolder({
      ...ports,
      account: name,
      onNews: (news) => events.roomNews(name, news),
      onShared: (roomId, withheld) => {
        this.#withheld.set(roomId, withheld);
        if (withheld > 0) events.withheld(name, roomId, withheld);
      },
    });
    this.#loop = new SyncLoop({
      sync: async (signal) => await this.#sync(signal),
      clock,
      random,
      onTrouble: (error) => this.#note(error),
    });
  }

  /** As `Encryption.ready`. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#needed(async () => await Promise.resolve(), signal);
  }

  /** As `Encryption.encrypt`. */
  async encrypt(request: EncryptRequest, signal: AbortSignal): Promise<string> {
    return await this.#needed(async (live) => await live.encrypt(request, signal), signal);
  }

  report(): EncryptionReport {
    return {
      account: this.#name,
      identity: this.#holder.identity,
      deviceId: this.#holder.deviceId,
      withheld: new Map(this.#withheld),
      syncedAt: this.#holder.live?.syncedAt ?? this.#syncedAt,
      crashes: this.#crashes,
      trouble: this.#trouble,
    };
  }

  /** Opens and judges the device again, at the next need and in the sync loop. */
  refresh(): void {
    this.#holder.refresh();
    this.#loop.wake();
  }

  /** As `Encryption.wake`. */
  wake(): void {
    this.#holder.retry();
    this.#loop.wake();
  }

  /** The engine died, and every device with it. */
  crashed(): void {
    const { live, deviceId } = this.#holder;
    if (deviceId === undefined) return;
    this.#crashes++;
    this.#syncedAt = live?.syncedAt ?? this.#syncedAt;
    this.#holder.drop(live);
    this.#loop.wake();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#looping;
    await this.#holder.close();
  }

  async #needed<Result>(
    work: (live: LiveDevice) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    if (this.#follow) this.#looping ??= this.#loop.run(this.#end.signal);
    const result = await this.#work(work, signal);
    if (!this.#follow) this.#note(undefined);
    return result;
  }

  async #sync(signal: AbortSignal): Promise<boolean> {
    return await this.#work(async (live) => await live.sync(syncMs, signal), signal);
  }

  async #work<Result>(
    work: (live: LiveDevice) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    for (let tries = 1; ; tries++) {
      let live: LiveDevice | undefined;
      try {
        live = await this.#begun(signal);
        return await work(live);
      } catch (error) {
        if (live !== undefined && isEnd(error)) this.#holder.drop(live);
        const ended = isEnd(error) || live?.ended === true;
        if (!ended || tries >= triesMax || signal.aborted) throw failureOf(error);
      }
    }
  }

  async #begun(signal: AbortSignal): Promise<LiveDevice> {
    let live: LiveDevice | undefined;
    try {
      live = await untilAborted(this.#holder.get(), signal, notReady);
      await untilAborted(live.begin(), signal, notReady);
      return live;
    } catch (error) {
      if (live !== undefined && (isEnd(error) || live.ended)) this.#holder.drop(live);
      if (!signal.aborted) this.#note(error);
      throw error;
    }
  }

  #note(error: unknown): void {
    if (error === undefined) this.#trouble = undefined;
    else this.#trouble = error instanceof Error ? error.message : 'Something that is no error.';
  }
}

/** Whether the device is of no more use. */
function isEnd(error: unknown): boolean {
  if (error instanceof DeviceChanged) return true;
  return error instanceof Failure && error.code === 'encryption_crashed';
}

/** An account that goes from device to device is waited for. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof DeviceChanged)) return error;
  return new Failure('homeserver_unreachable', { detail: error.message, cause: error });
}
