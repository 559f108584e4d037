import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
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
  /** Remembers at the homeserver that the device's store was opened; undefined: nobody looks at that. */
  readonly remember?: ((session: Session) => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly onNews: (news: readonly RoomNews[]) => void;
  readonly onShared: (roomId: RoomId, withheld: number) => void;
}

/** An account's device from its opening to its end: it syncs, answers, and encrypts. */
export class LiveDevice {
  readonly #device: CryptoDevice;
  readonly #session: DeviceSession;
  readonly #remember: LiveDevicePorts['remember'];
  readonly #pump: RequestPump;
  readonly #sync: DeviceSync;
  readonly #encrypter: RoomEncrypter;
  readonly #end = new AbortController();
  #begun: Promise<void> | undefined;
  #remembered: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ device, session, remember, clock, onNews, onShared }: LiveDevicePorts) {
    this.#device = device;
    this.#session = session;
    this.#remember = remember;
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

  /**
   * Publishes the device's keys, takes in what happened since the last run and remembers the opening; once it has been
   * done, nothing. Where the opening cannot be remembered, the device is closed.
   */
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
    this.#closing ??= closeDevice(this.#device);
    await this.#closing;
  }

  /**
   * A store that the homeserver remembers as opened more often is an old copy, and encrypts nothing any more: it would use
   * keys a second time. So until the homeserver remembers this opening, nothing is done that an older copy could do again
   * or could not know of: no key is used or published, no message taken in. All that goes beside it is looking: what the
   * device wants made, and the question of the first sync. That question tells the homeserver only how far the store has
   * come, which was on disk when it was opened.
   */
  async #begin(): Promise<void> {
    const { signal } = this.#end;
    const remembered = this.#rememberOnce();
    try {
      await this.#pump.run(signal, remembered);
      await this.#sync.once(0, signal, remembered);
      await this.#pump.run(signal);
    } catch (error) {
      // Where that is what ended the rest, it is what has to be told.
      await remembered;
      throw error;
    }
  }

  /** Once it has failed the record may say something else by now: only who opens the store anew can judge that. */
  #rememberOnce(): Promise<void> {
    const remember = this.#remember ?? (async () => await Promise.resolve());
    this.#remembered ??= this.#session.run(remember, this.#end.signal);
    this.#remembered.catch(async () => await this.close());
    return this.#remembered;
  }

  #limit(signal: AbortSignal): AbortSignal {
    return signal === this.#end.signal ? signal : AbortSignal.any([signal, this.#end.signal]);
  }
}
