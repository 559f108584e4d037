import { Failure, type FailureCode } from '../../errors.ts';
import type {
  CrossSigningKeys,
  CrossSigningState,
  CrossSigningUpload,
  CryptoDevice,
  DeviceRequest,
  KeyShare,
  OpenedDevice,
  RoomFacts,
  RoomNews,
  Sharing,
} from '../crypto-device.ts';
import type { CallDevice } from './crypto-thread.ts';

const ended: ReadonlySet<FailureCode> = new Set(['encryption_crashed', 'shutting_down']);

/** A device behind calls, as one in the keys' thread is. */
export class RemoteDevice implements CryptoDevice {
  readonly opened: OpenedDevice;
  readonly #call: CallDevice;

  constructor(opened: OpenedDevice, call: CallDevice) {
    this.opened = opened;
    this.#call = call;
  }

  receiveSync(body: string): Promise<readonly RoomNews[]> {
    return this.#call('receiveSync', body);
  }

  outgoing(): Promise<readonly DeviceRequest[]> {
    return this.#call('outgoing');
  }

  markSent(request: DeviceRequest, answer: string): Promise<void> {
    // Only of a keys query it counts what was asked for; the other bodies can be large.
    const body = request.kind === 'keys-query' ? request.body : '';
    return this.#call('markSent', { ...request, body }, answer);
  }

  room(roomId: string): Promise<RoomFacts | undefined> {
    return this.#call('room', roomId);
  }

  setRoom(roomId: string, facts: RoomFacts): Promise<void> {
    return this.#call('setRoom', roomId, facts);
  }

  rooms(): Promise<readonly string[]> {
    return this.#call('rooms');
  }

  trackMembers(roomId: string): Promise<void> {
    return this.#call('trackMembers', roomId);
  }

  doubtDevices(): Promise<void> {
    return this.#call('doubtDevices');
  }

  claimMissing(roomId: string): Promise<DeviceRequest | undefined> {
    return this.#call('claimMissing', roomId);
  }

  shareRoomKey(roomId: string, sharing: Sharing): Promise<KeyShare> {
    return this.#call('shareRoomKey', roomId, sharing);
  }

  encrypt(roomId: string, type: string, content: string): Promise<string> {
    return this.#call('encrypt', roomId, type, content);
  }

  crossSigning(): Promise<CrossSigningState> {
    return this.#call('crossSigning');
  }

  bootstrapCrossSigning(reset: boolean): Promise<CrossSigningUpload> {
    return this.#call('bootstrapCrossSigning', reset);
  }

  exportCrossSigning(): Promise<CrossSigningKeys | undefined> {
    return this.#call('exportCrossSigning');
  }

  importCrossSigning(keys: CrossSigningKeys): Promise<CrossSigningState> {
    return this.#call('importCrossSigning', keys);
  }

  signOwnDevice(): Promise<DeviceRequest | undefined> {
    return this.#call('signOwnDevice');
  }

  masterKeyOf(userId: string): Promise<string | undefined> {
    return this.#call('masterKeyOf', userId);
  }

  async close(): Promise<void> {
    try {
      await this.#call('close');
    } catch (error) {
      // A thread that ended holds nothing open any more.
      const isEnd = error instanceof Failure && ended.has(error.code);
      if (!isEnd) throw error;
    }
  }
}
