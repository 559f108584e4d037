import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import { closeDevice } from './close-device.ts';
import type { CryptoDevice, RoomNews } from './crypto-device.ts';
import type { DeviceSession } from './device-session.ts';
import { DeviceSync } from './device-sync.ts';
import type { EncryptRequest } from './encryption.ts';
import { RequestPump } from './request-pump.ts';
import { RoomEncrypter } from './room-encrypter.ts';
import { RoomRoster } from './room-roster.ts';

/** What a live device works with. */
export interface LiveDevicePorts {
  readonly device: CryptoDevice;
  readonly session: DeviceSession;
  readonly clock: Clock;
  readonly onNews: (news: readonly RoomNews[]) => void;
  readonly onShared: (roomId: RoomId, withheld: number) => void;
}

/** An account's device from its opening to its end: it syncs, answers, and encrypts. */
export class LiveDevice {
  readonly #device: CryptoDevice;
  readonly #pump: RequestPump;
  readonly #sync: DeviceSync;
  readonly #encrypter: RoomEncrypter;
  readonly #end = new AbortController();
  #begun: Promise<void> | undefined;

  constructor({ device, session, clock, onNews, onShared }: LiveDevicePorts) {
    this.#device = device;
    this.#pump = new RequestPump(device, session);
    this.#sync = new DeviceSync({
      device,
      session,
      clock,
      onNews,
      rereadRooms: async (signal) => await roster.readAll(signal),
    });
    const roster = new RoomRoster(device, session, this.#sync);
    this.#encrypter = new RoomEncrypter({ device, pump: this.#pump, roster, onShared });
  }

  /** Wall-clock time of the last sync that was stored since the opening. */
  get syncedAt(): number | undefined {
    return this.#sync.syncedAt;
  }

  /** Whether nothing more can be done with it. */
  get ended(): boolean {
    return this.#end.signal.aborted;
  }

  /** Publishes the device's keys and takes in what happened since the last run; once it has been done, nothing. */
  async begin(): Promise<void> {
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = undefined;
      throw error;
    });
    await this.#begun;
  }

  /** One sync and what it asks for; as `DeviceSync.once`. */
  async sync(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const limit = this.#limit(signal);
    const moved = await this.#sync.once(timeoutMs, limit);
    await this.#pump.run(limit);
    return moved;
  }

  /** As `Encryption.encrypt`, after `begin`. */
  async encrypt(request: EncryptRequest, signal: AbortSignal): Promise<string> {
    return await this.#encrypter.encrypt(request, this.#limit(signal));
  }

  /** Ends what is under way; the device itself is closed later, if it lives. */
  abandon(): void {
    this.#end.abort();
  }

  /** Ends what is under way and closes the device. */
  async close(): Promise<void> {
    this.abandon();
    await closeDevice(this.#device);
  }

  async #begin(): Promise<void> {
    const { signal } = this.#end;
    await this.#pump.run(signal);
    await this.sync(0, signal);
  }

  #limit(signal: AbortSignal): AbortSignal {
    return signal === this.#end.signal ? signal : AbortSignal.any([signal, this.#end.signal]);
  }
}
