import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DecryptionSettings, RoomId, TrustRequirement } from '@matrix-org/matrix-sdk-crypto-wasm';
import { systemClock } from '../clock.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import type { Session } from '../matrix/session.ts';
import type { FakeHomeserver, FakeUser } from '../testing/fake-homeserver.ts';
import { DeviceSession } from './device-session.ts';
import { LiveDevice } from './live-device.ts';
import { type DeviceStore, openDeviceStore } from './worker/device-store.ts';
import { OlmDevice } from './worker/olm-device.ts';

/** No step on this machine takes longer. */
const stepMsMax = 10_000;

/** A person's device with a store, to which something can happen. It trusts everybody, and gives keys to all devices. */
export class StoredReader implements AsyncDisposable {
  readonly user: FakeUser;
  readonly #directory = mkdtempSync(join(tmpdir(), 'bellhop-reader-'));
  readonly #session: Session;
  #store: DeviceStore | undefined;
  #live: LiveDevice | undefined;

  private constructor(homeserver: FakeHomeserver, user: FakeUser) {
    this.user = user;
    const { userId, deviceId, accessToken } = user;
    const speaker = openNodeHomeserver(homeserver.baseUrl);
    this.#session = { homeserver: speaker, userId, deviceId, accessToken };
  }

  /** A new user's device with its keys uploaded. */
  static async start(homeserver: FakeHomeserver, name: string): Promise<StoredReader> {
    const reader = new StoredReader(homeserver, homeserver.createUser(name));
    await reader.#open();
    return reader;
  }

  async sync(): Promise<void> {
    await this.#opened.live.sync(0, this.#limit());
  }

  /** Gives everybody in the room the key of what it would say next. */
  async giveKey(roomId: Parameters<LiveDevice['encrypt']>[0]['roomId']): Promise<void> {
    const request = { account: 'reader', roomId, type: 'm.room.message', content: '{}' };
    await this.#opened.live.encrypt({ ...request, sharing: 'all-devices' }, this.#limit());
  }

  /** What an event says; undefined where its key is not here. */
  async read(roomId: string, event: object): Promise<unknown> {
    const settings = new DecryptionSettings(TrustRequirement.Untrusted);
    const text = JSON.stringify({ ...event, room_id: roomId });
    const { machine } = this.#opened.store;
    const read = await machine
      .decryptRoomEvent(text, new RoomId(roomId), settings)
      .catch(() => undefined);
    if (read === undefined) return undefined;
    return (JSON.parse(read.event) as { content: { body?: unknown } }).content.body;
  }

  /** As after an accident: everybody else goes on with sessions that it no longer has. */
  async loseSessions(): Promise<void> {
    await this.#opened.live.close();
    const database = new DatabaseSync(this.#file);
    const stores = `select id from idb_store where name = 'session'`;
    database.exec(`delete from idb_record where store in (${stores})`);
    database.close();
    await this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#live?.close();
    await this.#session.homeserver.close();
    rmSync(this.#directory, { recursive: true });
  }

  get #file(): string {
    return join(this.#directory, 'reader.db');
  }

  get #opened(): { readonly store: DeviceStore; readonly live: LiveDevice } {
    if (this.#store === undefined || this.#live === undefined) throw new Error('It is not open.');
    return { store: this.#store, live: this.#live };
  }

  async #open(): Promise<void> {
    const { userId, deviceId } = this.user;
    const key = new Uint8Array(32).fill(3);
    const options = { account: 'reader', userId, deviceId, file: this.#file, key };
    const device = await OlmDevice.open(options, async (same) => {
      this.#store = await openDeviceStore(same);
      return this.#store;
    });
    const sessions = {
      withSession: async <Result>(_: string, run: (session: Session) => Promise<Result>) =>
        await run(this.#session),
    };
    const session = await DeviceSession.of('reader', sessions, this.#limit());
    const silent = { onNews: () => undefined, onShared: () => undefined };
    this.#live = new LiveDevice({ device, session, clock: systemClock, ...silent });
    await this.#live.begin();
  }

  #limit(): AbortSignal {
    return AbortSignal.timeout(stepMsMax);
  }
}
