import {
  DecryptionSettings,
  DeviceId,
  DeviceLists,
  initAsync,
  OlmMachine,
  RoomId,
  TrustRequirement,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import type { JsonObject } from '../../matrix/json.ts';
import { deviceRequestOf, requestTypeOf } from './device-requests.ts';
import type { KeyServer } from './key-server.contract.ts';

/** A member of rooms with an engine of its own, in memory: what it reads, others can read. */
export class Reader {
  readonly userId: string;
  readonly deviceId: string;
  readonly machine: OlmMachine;
  readonly #server: KeyServer;

  static async join(server: KeyServer, userId: string, deviceId: string): Promise<Reader> {
    await initAsync();
    const machine = await OlmMachine.initialize(new UserId(userId), new DeviceId(deviceId));
    const reader = new Reader(server, machine, userId, deviceId);
    await reader.pump();
    return reader;
  }

  private constructor(server: KeyServer, machine: OlmMachine, userId: string, deviceId: string) {
    this.#server = server;
    this.machine = machine;
    this.userId = userId;
    this.deviceId = deviceId;
  }

  async pump(): Promise<void> {
    for (const wanted of await this.machine.outgoingRequests()) {
      const request = deviceRequestOf(wanted);
      if (request === undefined) continue;
      const answer = this.#server.answer(this.userId, this.deviceId, request);
      await this.machine.markRequestAsSent(request.id, requestTypeOf(request.kind), answer);
    }
  }

  /** Makes an identity, so that the device is signed. */
  async signItself(): Promise<void> {
    const requests = await this.machine.bootstrapCrossSigning(false);
    this.#server.publish(this.userId, requests.uploadSigningKeysRequest.body);
    this.#server.sign(requests.uploadSignaturesRequest.body);
  }

  async sync(): Promise<void> {
    const { to_device: toDevice } = JSON.parse(this.#server.sync(this.userId, this.deviceId)) as {
      to_device: { events: unknown };
    };
    await this.machine.receiveSyncChanges(
      JSON.stringify(toDevice.events),
      new DeviceLists(),
      new Map([['signed_curve25519', 50]]),
      undefined,
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
  }

  /** The event as it was before it was encrypted; rejects when it cannot be read. */
  async read(roomId: string, sender: string, content: string): Promise<JsonObject> {
    const event = {
      type: 'm.room.encrypted',
      sender,
      room_id: roomId,
      event_id: '$1:example.org',
      origin_server_ts: 1,
      content: JSON.parse(content) as unknown,
    };
    const { event: read } = await this.machine.decryptRoomEvent(
      JSON.stringify(event),
      new RoomId(roomId),
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
    return JSON.parse(read) as JsonObject;
  }
}
