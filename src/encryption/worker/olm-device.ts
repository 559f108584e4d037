import { RoomId, RoomSettings } from '@matrix-org/matrix-sdk-crypto-wasm';
import { type Clock, systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { isJsonObject } from '../../matrix/json.ts';
import type {
  CrossSigningKeys,
  CrossSigningState,
  CrossSigningUpload,
  CryptoDevice,
  DeviceOptions,
  DeviceRequest,
  KeyShare,
  OpenedDevice,
  RoomFacts,
  RoomNews,
  Sharing,
} from '../crypto-device.ts';
import {
  bootstrapCrossSigning,
  crossSigningState,
  exportCrossSigning,
  importCrossSigning,
  masterKeyOf,
  signOwnDevice,
} from './cross-signing.ts';
import { deviceRequestOf } from './device-requests.ts';
import { type DeviceStore, openDeviceStore, openKeptStore } from './device-store.ts';
import { markSent, noteSilence } from './mark-sent.ts';
import { receiveSync } from './receive-sync.ts';
import { rotationOf } from './room-settings.ts';
import { claimMissing, shareRoomKey, trackMembers } from './share-room-key.ts';

/**
 * One device in this thread: each operation is alone on its store and one commit. After a failure that may have left
 * memory and disk apart, the next operation begins with what is on disk.
 */
export class OlmDevice implements CryptoDevice {
  readonly opened: OpenedDevice;
  readonly #openStore: () => Promise<DeviceStore>;
  readonly #clock: Clock;
  #store: Promise<DeviceStore>;
  /** Rooms whose key was looked after and not used since, and by which engine: it dies when one is used without. */
  readonly #shared = new Map<string, DeviceStore>();
  /** Users of whom the homeserver said nothing when it was asked for their devices. */
  readonly #silent = new Set<string>();
  #isClosed = false;

  /** @throws Failure encryption_store_unusable, storage_full, storage_failed */
  static async open(
    options: DeviceOptions,
    openStore: typeof openDeviceStore = openDeviceStore,
    clock: Clock = systemClock,
  ): Promise<OlmDevice> {
    return new OlmDevice(await openStore(options), async () => await openStore(options), clock);
  }

  /** As `open`; undefined: the device has no store, and nothing was changed. */
  static async openKept(
    options: DeviceOptions,
    clock: Clock = systemClock,
  ): Promise<OlmDevice | undefined> {
    const store = await openKeptStore(options);
    return store && new OlmDevice(store, async () => await openDeviceStore(options), clock);
  }

  private constructor(store: DeviceStore, openStore: () => Promise<DeviceStore>, clock: Clock) {
    this.opened = store.opened;
    this.#openStore = openStore;
    this.#clock = clock;
    this.#store = Promise.resolve(store);
  }

  receiveSync(body: string): Promise<readonly RoomNews[]> {
    return this.#run(async (store) => await receiveSync(store, body, this.#clock.now()));
  }

  outgoing(): Promise<readonly DeviceRequest[]> {
    return this.#run(async ({ machine }) => {
      const requests = await machine.outgoingRequests();
      return requests.map(deviceRequestOf).filter((request) => request !== undefined);
    });
  }

  markSent(request: DeviceRequest, answer: string): Promise<void> {
    return this.#run(async ({ machine, tables }) => {
      if (request.id === '') return;
      await markSent(machine, request, answer);
      if (request.kind === 'keys-query') noteSilence(request.body, answer, this.#silent);
      // The engine counts its keys by this answer now, and the next sync has to say it how many there are.
      if (request.kind === 'keys-upload') tables.forgetTold();
    });
  }

  room(roomId: string): Promise<RoomFacts | undefined> {
    return this.#run(async ({ tables }) => tables.room(roomId));
  }

  setRoom(roomId: string, facts: RoomFacts): Promise<void> {
    return this.#run(async ({ machine, tables }) => {
      const known = await machine.getRoomSettings(new RoomId(roomId));
      // The engine takes a room's settings once, and from then on holds the room for encrypted.
      if (known === undefined && rotationOf(facts.encryption) !== undefined) {
        await machine.setRoomSettings(new RoomId(roomId), new RoomSettings());
      }
      tables.setRoom(roomId, facts);
    });
  }

  rooms(): Promise<readonly string[]> {
    return this.#run(async ({ tables }) => tables.rooms());
  }

  trackMembers(roomId: string): Promise<void> {
    return this.#run(async (store) => await trackMembers(store, roomId));
  }

  doubtDevices(): Promise<void> {
    return this.#run(async ({ machine, tables }) => {
      await machine.markAllTrackedUsersAsDirty();
      // The token that was lost has to give place to that of the next sync, whatever that says.
      tables.forgetTold();
    });
  }

  async claimMissing(roomId: string): Promise<DeviceRequest | undefined> {
    return await claimMissing(await this.#ready(), roomId, this.#silent);
  }

  shareRoomKey(roomId: string, sharing: Sharing): Promise<KeyShare> {
    return this.#run(async (store) => {
      const share = await shareRoomKey(store, roomId, sharing);
      this.#shared.set(roomId, store);
      return share;
    });
  }

  encrypt(roomId: string, type: string, content: string): Promise<string> {
    return this.#run(async (store) => {
      requireObject(content);
      const sharer = this.#shared.get(roomId);
      this.#shared.delete(roomId);
      if (sharer === undefined) {
        const cause = new Error('A message is to be encrypted without a look at its key before.');
        throw new Failure('bug', { cause });
      }
      // It was opened anew in between, and what was shared has to be looked after once more.
      if (sharer !== store) throw new Failure('encryption_crashed');
      return await store.machine.encryptRoomEvent(new RoomId(roomId), type, content);
    });
  }

  crossSigning(): Promise<CrossSigningState> {
    return this.#run(async ({ machine }) => await crossSigningState(machine));
  }

  bootstrapCrossSigning(reset: boolean): Promise<CrossSigningUpload> {
    return this.#run(async ({ machine }) => await bootstrapCrossSigning(machine, reset));
  }

  exportCrossSigning(): Promise<CrossSigningKeys | undefined> {
    return this.#run(async ({ machine }) => await exportCrossSigning(machine));
  }

  importCrossSigning(keys: CrossSigningKeys): Promise<CrossSigningState> {
    return this.#run(async ({ machine }) => await importCrossSigning(machine, keys));
  }

  signOwnDevice(): Promise<DeviceRequest | undefined> {
    return this.#run(async ({ machine }) => await signOwnDevice(machine));
  }

  masterKeyOf(userId: string): Promise<string | undefined> {
    return this.#run(async ({ machine }) => await masterKeyOf(machine, userId));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A store that could not be opened again has nothing to close.
    const store = await this.#store.catch(() => undefined);
    await store?.close();
  }

  async #run<Result>(work: (store: DeviceStore) => Promise<Result>): Promise<Result> {
    const store = await this.#ready();
    return await store.group(async () => await work(store));
  }

  async #ready(): Promise<DeviceStore> {
    if (this.#isClosed) throw new Failure('shutting_down');
    const attempt = this.#store;
    const store = await attempt.catch(() => undefined);
    if (store !== undefined && store.trouble === undefined) return store;
    // Whoever comes first opens it anew; the others find the new attempt.
    if (this.#store === attempt) this.#store = this.#reopen(store);
    return await this.#store;
  }

  async #reopen(broken: DeviceStore | undefined): Promise<DeviceStore> {
    await broken?.close();
    return await this.#openStore();
  }
}

/** The engine dies of anything else, and its last words quote it. */
function requireObject(content: string): void {
  if (isJsonObject(parse(content))) return;
  throw new Failure('undeliverable', { detail: 'Its content is no JSON object.' });
}

/** Without the reason where it is no JSON: that would quote it. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
