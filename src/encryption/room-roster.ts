import { MatrixError } from '../matrix/errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import { invitedMembers } from '../matrix/invited-members.ts';
import type { JsonObject } from '../matrix/json.ts';
import { joinedMembers } from '../matrix/rooms.ts';
import { roomState } from '../matrix/state.ts';
import type { CryptoDevice, RoomFacts } from './crypto-device.ts';
import type { DeviceSession } from './device-session.ts';
import type { DeviceSync } from './device-sync.ts';
import { jsonText } from './json-text.ts';

/** The only algorithm for rooms that the specification has (Client-Server API §10.12.2). */
const megolm = 'm.megolm.v1.aes-sha2';

/** In a server full of comings and goings some sync nearly always ends while a room is read; then syncs wait for it. */
const attemptsMax = 3;

const visibilities = ['invited', 'joined', 'shared', 'world_readable'] as const;

/** Sees to it that the device knows how a room is encrypted and who is in it, before anything is said there. */
export class RoomRoster {
  readonly #device: CryptoDevice;
  readonly #session: DeviceSession;
  readonly #sync: Pick<DeviceSync, 'applied' | 'undisturbed'>;
  /** Rooms the device was sure of, with how many syncs it had been given by then. */
  readonly #certain = new Map<RoomId, number>();

  constructor(
    device: CryptoDevice,
    session: DeviceSession,
    sync: Pick<DeviceSync, 'applied' | 'undisturbed'>,
  ) {
    this.#device = device;
    this.#session = session;
    this.#sync = sync;
  }

  /** Asks the homeserver for what the device does not know of the room. */
  async ensure(roomId: RoomId, signal: AbortSignal): Promise<void> {
    const { applied } = this.#sync;
    if (this.#certain.get(roomId) === applied) return;
    if ((await this.#device.room(roomId)) === undefined) await this.#keep(roomId, signal);
    this.#certain.set(roomId, applied);
  }

  /** Asks for all rooms that are kept; those the account is no longer in stay as they are. */
  async readAll(signal: AbortSignal): Promise<void> {
    for (const roomId of await this.#device.rooms()) {
      try {
        await this.#device.setRoom(roomId, await this.#read(roomId as RoomId, signal));
      } catch (error) {
        if (!isOutside(error)) throw error;
      }
    }
  }

  /** What a sync told of the room while it was read would be missing from what is kept: then it is read again. */
  async #keep(roomId: RoomId, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt < attemptsMax; attempt++) {
      const { applied } = this.#sync;
      const facts = await this.#read(roomId, signal);
      const kept = await this.#sync.undisturbed(async () => {
        if (this.#sync.applied !== applied) return false;
        await this.#device.setRoom(roomId, facts);
        return true;
      }, signal);
      if (kept) return;
    }
    await this.#sync.undisturbed(async () => {
      await this.#device.setRoom(roomId, await this.#read(roomId, signal));
    }, signal);
  }

  async #read(roomId: RoomId, signal: AbortSignal): Promise<RoomFacts> {
    const [encryption, visibility, joined, invited] = await this.#session.run(
      async (session) =>
        await Promise.all([
          roomState(session, roomId, 'm.room.encryption', '', signal),
          roomState(session, roomId, 'm.room.history_visibility', '', signal),
          joinedMembers(session, roomId, signal),
          invitedMembers(session, roomId, signal),
        ]),
      signal,
    );
    return {
      encryption: settingsOf(encryption),
      historyVisibility:
        visibilities.find((known) => known === visibility?.['history_visibility']) ?? 'shared',
      joined,
      invited,
    };
  }
}

/** Who speaks here knows the room as encrypted: settings that are gone, or absurd, do not make it less so. */
function settingsOf(encryption: JsonObject | undefined): string {
  return jsonText({ algorithm: megolm, ...encryption }) ?? JSON.stringify({ algorithm: megolm });
}

function isOutside(error: unknown): boolean {
  return error instanceof MatrixError && error.json && [403, 404].includes(error.status);
}
