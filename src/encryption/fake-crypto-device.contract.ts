import { Failure } from '../errors.ts';
import type {
  CrossSigningState,
  CryptoDevice,
  CryptoDevices,
  DeviceOptions,
  DeviceRequest,
  KeyShare,
  OpenedDevice,
  RoomFacts,
  RoomNews,
} from './crypto-device.ts';

/** A request of a device, by default one that the homeserver's answer is marked for. */
export function request(kind: DeviceRequest['kind'], id: string): DeviceRequest {
  const method = kind === 'to-device' ? 'PUT' : 'POST';
  return { id, kind, method, path: `/${kind}/${id}`, body: JSON.stringify({ id }) };
}

/** A device without cryptography: what it wants sent is given to it, and what it is told is kept. */
export class FakeCryptoDevice implements CryptoDevice {
  readonly opened: OpenedDevice;
  /** What each call was, in order. */
  readonly calls: string[] = [];
  readonly wanted: DeviceRequest[] = [];
  readonly claims: DeviceRequest[] = [];
  readonly shares: DeviceRequest[] = [];
  readonly kept: Map<string, RoomFacts> = new Map();
  readonly syncs: string[] = [];
  readonly marked: string[] = [];
  withheld = 0;
  isClosed = false;
  /** Runs before each operation; what it throws, the operation throws. */
  before: (operation: string) => void | Promise<void> = () => undefined;

  constructor(syncToken?: string) {
    const keys = { ed25519: 'ed25519', curve25519: 'curve25519' };
    this.opened = { keys, isNew: syncToken === undefined, starts: 1, syncToken };
  }

  async receiveSync(body: string): Promise<readonly RoomNews[]> {
    await this.#begin('receiveSync');
    this.syncs.push(body);
    const { rooms } = JSON.parse(body) as { rooms?: { join?: Record<string, unknown> } };
    return Object.keys(rooms?.join ?? {}).map((roomId) => ({
      roomId,
      encrypted: false,
      replaced: false,
      left: false,
    }));
  }

  async outgoing(): Promise<readonly DeviceRequest[]> {
    await this.#begin('outgoing');
    return this.#open(this.wanted);
  }

  async markSent({ id }: DeviceRequest): Promise<void> {
    await this.#begin('markSent');
    this.marked.push(id);
  }

  async room(roomId: string): Promise<RoomFacts | undefined> {
    await this.#begin('room');
    return this.kept.get(roomId);
  }

  async setRoom(roomId: string, facts: RoomFacts): Promise<void> {
    await this.#begin('setRoom');
    this.kept.set(roomId, facts);
  }

  async rooms(): Promise<readonly string[]> {
    await this.#begin('rooms');
    return [...this.kept.keys()];
  }

  async trackMembers(): Promise<void> {
    await this.#begin('trackMembers');
  }

  async doubtDevices(): Promise<void> {
    await this.#begin('doubtDevices');
  }

  async claimMissing(_roomId?: string): Promise<DeviceRequest | undefined> {
    await this.#begin('claimMissing');
    return this.#open(this.claims)[0];
  }

  async shareRoomKey(): Promise<KeyShare> {
    await this.#begin('shareRoomKey');
    return { requests: this.#open(this.shares), withheld: this.withheld };
  }

  async encrypt(_roomId: string, type: string, content: string): Promise<string> {
    await this.#begin('encrypt');
    return JSON.stringify({ type, content });
  }

  async crossSigning(): Promise<CrossSigningState> {
    await this.#begin('crossSigning');
    return { master: true, selfSigning: true, userSigning: true };
  }

  async bootstrapCrossSigning(): Promise<never> {
    return await this.#never('bootstrapCrossSigning');
  }

  async exportCrossSigning(): Promise<never> {
    return await this.#never('exportCrossSigning');
  }

  async importCrossSigning(): Promise<never> {
    return await this.#never('importCrossSigning');
  }

  async signOwnDevice(): Promise<undefined> {
    await this.#begin('signOwnDevice');
  }

  async masterKeyOf(): Promise<string | undefined> {
    await this.#begin('masterKeyOf');
    return 'master';
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.isClosed = true;
  }

  async #begin(operation: string): Promise<void> {
    await Promise.resolve();
    this.calls.push(operation);
    if (this.isClosed) throw new Failure('shutting_down');
    await this.before(operation);
  }

  async #never(operation: string): Promise<never> {
    await this.#begin(operation);
    throw new Error(`${operation} is not for this device.`);
  }

  #open(requests: readonly DeviceRequest[]): readonly DeviceRequest[] {
    return requests.filter(({ id }) => !this.marked.includes(id));
  }
}

/** Devices that are made by `make`, and die together. */
export class FakeCryptoDevices implements CryptoDevices {
  readonly opened: { readonly options: DeviceOptions; readonly device: FakeCryptoDevice }[] = [];
  readonly #make: (openings: number) => FakeCryptoDevice;
  readonly #listeners = new Set<(error: Error) => void>();
  /** Of which device the store in a file is. */
  readonly #owners = new Map<string, string>();

  constructor(make: (openings: number) => FakeCryptoDevice) {
    this.#make = make;
  }

  prepare(): void {
    // There is nothing to begin.
  }

  async open(options: DeviceOptions): Promise<CryptoDevice> {
    await Promise.resolve();
    const isOpen = this.opened.some(
      ({ options: { file }, device }) => file === options.file && !device.isClosed,
    );
    if (isOpen) throw new Failure('encryption_store_unusable');
    const device = this.#make(this.opened.length + 1);
    this.opened.push({ options, device });
    this.#owners.set(options.file, options.deviceId);
    return device;
  }

  async openKept(options: DeviceOptions): Promise<CryptoDevice | undefined> {
    if (this.#owners.get(options.file) === options.deviceId) return await this.open(options);
    return await Promise.resolve(undefined);
  }

  onCrash(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The engine dies: whatever is asked of the devices fails. */
  crash(): void {
    const error = new Failure('encryption_crashed');
    for (const { device } of this.opened) {
      device.before = () => {
        throw error;
      };
    }
    for (const listener of this.#listeners) listener(error);
  }

  async close(): Promise<void> {
    for (const { device } of this.opened) await device.close();
  }
}
