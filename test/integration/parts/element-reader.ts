import { ClientEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk';
import {
  EventShieldColour,
  OnlySignedDevicesIsolationMode,
} from 'matrix-js-sdk/lib/crypto-api/index.js';
import { expect, vi } from 'vitest';
import { openElement } from '../../../src/encryption/identity/element-client.contract.ts';
import type { RoomId } from '../../../src/matrix/ids.ts';
import { joinRoom } from '../../../src/matrix/rooms.ts';
import type { Session } from '../../../src/matrix/session.ts';
import { type Member, type SynapsePeople, soon } from './synapse-people.ts';

/** Far more than any room of these tests has. */
const initialEventsMax = 1_000;
/** What was sent arrives within a second or two; a busy machine takes many times that. */
const arrivalDeadlineMs = 40_000;
const pollMs = 50;

/** An event as a person sees it. */
export interface SeenEvent {
  readonly eventId: string;
  readonly type: string;
  /** In clear, as it was sent first. */
  readonly content: Readonly<Record<string, unknown>>;
  /** What the homeserver sees. */
  readonly wireType: string;
  readonly wireContent: Readonly<Record<string, unknown>>;
  /** `none`: nothing is amiss. */
  readonly shield: 'none' | 'grey' | 'red' | 'clear';
  /** Why it cannot be read. */
  readonly failure: string | undefined;
}

const shields = {
  [EventShieldColour.NONE]: 'none',
  [EventShieldColour.GREY]: 'grey',
  [EventShieldColour.RED]: 'red',
} as const;

/**
 * Somebody at matrix-js-sdk, whose device is cross-signed, and who takes keys only from devices that their owners have
 * signed, as Element does.
 */
export class ElementReader implements AsyncDisposable {
  readonly session: Session;
  readonly #client: MatrixClient;
  readonly #events: MatrixEvent[] = [];

  private constructor(session: Session, client: MatrixClient) {
    this.session = session;
    this.#client = client;
    client.on(ClientEvent.Event, (event) => this.#events.push(event));
  }

  /** Registers somebody and logs them in on a device that their new identity signs. */
  static async arrive(people: SynapsePeople, prefix: string): Promise<ElementReader> {
    const reader = await ElementReader.#open(people, await people.register(prefix));
    const crypto = reader.#client.getCrypto();
    await crypto?.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (upload) => {
        await upload(null);
      },
    });
    await reader.#follow();
    return reader;
  }

  /** Logs somebody in on a further device, which nobody has signed. */
  static async onNewDevice(people: SynapsePeople, member: Member): Promise<ElementReader> {
    const reader = await ElementReader.#open(people, member);
    await reader.#follow();
    return reader;
  }

  static async #open(people: SynapsePeople, member: Member): Promise<ElementReader> {
    const session = await people.logIn(member);
    const client = await openElement(session);
    // Nobody calls here, and that part of the library writes to the console whatever logger the client has.
    client.matrixRTC.start = () => undefined;
    client.getCrypto()?.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
    return new ElementReader(session, client);
  }

  async join(roomId: RoomId): Promise<void> {
    await joinRoom(this.session, roomId, [], soon());
  }

  /** What `sender` said in a room, in order, as far as it is here. */
  async seen(roomId: RoomId, sender: string): Promise<SeenEvent[]> {
    const events = this.#events.filter(
      (event) => event.getRoomId() === roomId && event.getSender() === sender && !event.isState(),
    );
    return await Promise.all(events.map(async (event) => await this.#see(event)));
  }

  /** As `seen`, as soon as there is so much of it and every word can be read. */
  async whenSeen(roomId: RoomId, sender: string, count: number): Promise<SeenEvent[]> {
    return await vi.waitFor(
      async () => {
        const seen = await this.seen(roomId, sender);
        expect(summary(seen)).toEqual({ count, unreadable: [] });
        return seen;
      },
      { timeout: arrivalDeadlineMs, interval: pollMs },
    );
  }

  /** A file's bytes as they lie on the homeserver. */
  async download(mxc: string): Promise<Buffer> {
    const url = this.#client.mxcUrlToHttp(mxc, undefined, undefined, undefined, false, true, true);
    const headers = { authorization: `Bearer ${this.session.accessToken}` };
    const answer = await fetch(url ?? '', { headers, signal: soon() });
    if (!answer.ok) throw new Error(`${answer.status} ${url}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.stopClient();
    await Promise.resolve();
  }

  async #follow(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#client.on(ClientEvent.Sync, (state) => {
      if (state === 'PREPARED') resolve(undefined);
    });
    await this.#client.startClient({ initialSyncLimit: initialEventsMax });
    await promise;
  }

  async #see(event: MatrixEvent): Promise<SeenEvent> {
    const info = await this.#client.getCrypto()?.getEncryptionInfoForEvent(event);
    return {
      eventId: event.getId() ?? '',
      type: event.getType(),
      content: event.getOriginalContent(),
      wireType: event.getWireType(),
      wireContent: event.getWireContent(),
      shield: info == null ? 'clear' : shields[info.shieldColour],
      failure: failureOf(event),
    };
  }
}

/** Why an event cannot be read; one that was redacted has nothing to read. */
function failureOf(event: MatrixEvent): string | undefined {
  if (!event.isEncrypted() || event.isRedacted()) return undefined;
  if (event.isDecryptionFailure()) return event.decryptionFailureReason ?? 'not decrypted';
  return event.getClearContent() === null ? 'not yet' : undefined;
}

function summary(events: readonly SeenEvent[]): object {
  const unreadable = events.flatMap(({ eventId, failure }) =>
    failure === undefined ? [] : [`${eventId}: ${failure}`],
  );
  return { count: events.length, unreadable };
}
