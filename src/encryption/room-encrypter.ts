import { Failure } from '../errors.ts';
import { forEachBounded } from '../for-each-bounded.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { CryptoDevice, DeviceRequest, KeyShare } from './crypto-device.ts';
import type { EncryptRequest } from './encryption.ts';
import { Mutex } from './mutex.ts';
import type { RequestPump } from './request-pump.ts';
import type { RoomRoster } from './room-roster.ts';

/** With 100 devices in each, enough for the largest rooms whose keys can be given at all. */
const claimsMax = 100;
/** Homeservers give one another ten seconds to answer; what has not come in twice that does not come. */
const claimMsMax = 20_000;
/** So often a message waits for a claim that fails; then it goes to the devices that can be reached. */
const claimFailuresMax = 3;
/** A large share is four requests; with more at a time the account's other messages would wait for connections. */
const sharesAtOnceMax = 4;

/** What a room's encrypter works with. */
export interface RoomEncrypterPorts {
  readonly device: CryptoDevice;
  readonly pump: RequestPump;
  readonly roster: RoomRoster;
  /** Called when keys were given: how many devices were refused them. */
  readonly onShared: (roomId: RoomId, withheld: number) => void;
}

/** Encrypts for rooms, one message of a room at a time: whoever may read it is given the key first. */
export class RoomEncrypter {
  readonly #ports: RoomEncrypterPorts;
  readonly #turns = new Map<RoomId, Mutex>();
  /** The device has one claim under way at most. */
  readonly #claims = new Mutex();
  readonly #claimFailures = new Map<RoomId, number>();

  constructor(ports: RoomEncrypterPorts) {
    this.#ports = ports;
  }

  /** As `Encryption.encrypt`, for a device that is ready. */
  async encrypt(request: EncryptRequest, signal: AbortSignal): Promise<string> {
    return await this.#turnOf(request.roomId).run(
      async () => await this.#inTurn(request, signal),
      signal,
    );
  }

  async #inTurn(request: EncryptRequest, signal: AbortSignal): Promise<string> {
    const { roomId, type, content, sharing } = request;
    const { device, pump, roster } = this.#ports;
    await roster.ensure(roomId, signal);
    await device.trackMembers(roomId);
    await pump.run(signal);
    await this.#claim(roomId, signal);
    await this.#share(roomId, await device.shareRoomKey(roomId, sharing), signal);
    return await device.encrypt(roomId, type, content);
  }

  async #share(roomId: RoomId, share: KeyShare, signal: AbortSignal): Promise<void> {
    if (share.requests.length === 0) return;
    await forEachBounded(
      share.requests,
      sharesAtOnceMax,
      async (request) => await this.#ports.pump.send(request, signal),
    );
    this.#ports.onShared(roomId, share.withheld);
  }

  /** Opens sessions with the members' devices. A homeserver that cannot say who they are holds the room up only for a time. */
  async #claim(roomId: RoomId, signal: AbortSignal): Promise<void> {
    try {
      await this.#claimAll(roomId, signal);
      this.#claimFailures.delete(roomId);
    } catch (error) {
      if (signal.aborted || !isOfServer(error)) throw error;
      const failures = (this.#claimFailures.get(roomId) ?? 0) + 1;
      this.#claimFailures.set(roomId, failures);
      if (failures < claimFailuresMax) throw error;
    }
  }

  async #claimAll(roomId: RoomId, signal: AbortSignal): Promise<void> {
    let before: DeviceRequest | undefined;
    for (let claims = 0; claims < claimsMax; claims++) {
      // Between two of a large room's claims another room has its turn.
      const claim = await this.#claims.run(
        async () => await this.#claimNext(roomId, before, signal),
        signal,
      );
      if (claim === undefined) return;
      before = claim;
    }
  }

  /** Undefined: no session is missing, or none that can be had. */
  async #claimNext(
    roomId: RoomId,
    before: DeviceRequest | undefined,
    signal: AbortSignal,
  ): Promise<DeviceRequest | undefined> {
    const claim = await this.#ports.device.claimMissing(roomId);
    // Asked for the same once more, the homeserver has none of these keys.
    if (claim === undefined || claim.body === before?.body) return undefined;
    await this.#ports.pump.send(claim, signal, claimMsMax);
    return claim;
  }

  #turnOf(roomId: RoomId): Mutex {
    const turn = this.#turns.get(roomId) ?? new Mutex();
    this.#turns.set(roomId, turn);
    return turn;
  }
}

/** Whether the homeserver, asked for keys, gave none; what asks for patience is waited for. */
function isOfServer(error: unknown): boolean {
  if (error instanceof TransportError) return error.kind === 'interrupted';
  if (error instanceof Failure) return error.code === 'homeserver_unusable';
  return error instanceof MatrixError && error.status !== 401 && error.status !== 429;
}
