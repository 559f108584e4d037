import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { MatrixError } from '../matrix/errors.ts';
import { nextBatch } from '../matrix/next-batch.ts';
import { sync } from '../matrix/sync.ts';
import type { CryptoDevice, RoomNews } from './crypto-device.ts';
import type { DeviceSession } from './device-session.ts';
import { Mutex } from './mutex.ts';
import { firstSyncFilter, syncFilter } from './sync-filter.ts';

/** How homeservers say that they do not know a token: Synapse with `M_UNKNOWN`, others with their own words. */
const lostTokenCodes: ReadonlySet<string> = new Set([
  'M_UNKNOWN',
  'M_UNKNOWN_POS',
  'M_INVALID_PARAM',
  'M_BAD_PARAM',
]);

/** What a device's sync works with. */
export interface DeviceSyncPorts {
  readonly device: CryptoDevice;
  readonly session: DeviceSession;
  readonly clock: Clock;
  readonly onNews: (news: readonly RoomNews[]) => void;
  /** Reads all kept rooms' members again, as what happened since the token was lost. */
  readonly rereadRooms: (signal: AbortSignal) => Promise<void>;
}

/** Follows what happens to one device and its rooms, from the token in its store. One call of `once` at a time. */
export class DeviceSync {
  readonly #ports: DeviceSyncPorts;
  readonly #applying = new Mutex();
  #token: string | undefined;
  #applied = 0;
  #syncedAt: number | undefined;

  constructor(ports: DeviceSyncPorts) {
    this.#ports = ports;
    this.#token = ports.device.opened.syncToken;
  }

  /** How many answers were given to the device, the one being given included. */
  get applied(): number {
    return this.#applied;
  }

  /** Wall-clock time of the last answer that was stored. */
  get syncedAt(): number | undefined {
    return this.#syncedAt;
  }

  /** Runs `work` while no answer is given to the device. */
  async undisturbed<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return await this.#applying.run(work, signal);
  }

  /**
   * Asks once, waiting at most `timeoutMs` for news, and stores what came together with its token, but nothing before
   * `permission`. False: the homeserver had nothing to say, not even another token.
   */
  async once(timeoutMs: number, signal: AbortSignal, permission?: Promise<void>): Promise<boolean> {
    const before = this.#token;
    const body = await this.#ask(timeoutMs, signal, permission);
    const token = nextBatch(body);
    if (token === undefined) {
      throw new Failure('homeserver_unusable', { detail: 'Its answer to /sync has no token.' });
    }
    await permission;
    await this.undisturbed(async () => {
      this.#applied++;
      const news = await this.#ports.device.receiveSync(body);
      this.#token = token;
      this.#syncedAt = this.#ports.clock.now();
      if (news.length > 0) this.#ports.onNews(news);
    }, signal);
    return token !== before;
  }

  async #ask(
    timeoutMs: number,
    signal: AbortSignal,
    permission: Promise<void> | undefined,
  ): Promise<string> {
    const since = this.#token;
    if (since === undefined) return await this.#first(signal);
    try {
      const request = { since, filter: syncFilter, timeoutMs };
      return await this.#ports.session.run(
        async (session) => await sync(session, request, signal),
        signal,
      );
    } catch (error) {
      if (!isLostToken(error)) throw error;
      const body = await this.#first(signal);
      await permission;
      // The token is stored only after this: should it fail, the next sync begins anew once more.
      await this.#ports.rereadRooms(signal);
      // Nobody tells any more whose devices changed meanwhile; one that was removed must not be given keys.
      await this.#ports.device.doubtDevices();
      return body;
    }
  }

  async #first(signal: AbortSignal): Promise<string> {
    const request = { since: undefined, filter: firstSyncFilter, timeoutMs: 0 };
    return await this.#ports.session.run(
      async (session) => await sync(session, request, signal),
      signal,
    );
  }
}

function isLostToken(error: unknown): boolean {
  return (
    error instanceof MatrixError &&
    error.json &&
    error.status === 400 &&
    lostTokenCodes.has(error.errcode)
  );
}
