import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from './reply.ts';
import type { Recipient, Stream } from './stream.ts';

interface Message {
  readonly position: number;
  readonly event: JsonObject;
}

/** Synapse gives so many in one sync. */
const messagesPerSyncMax = 100;

/** Messages that wait for a device until it has seen them, client-server API §10.10. */
export class DeviceInboxes {
  readonly #stream: Stream;
  readonly #inboxes = new Map<string, Message[]>();

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  put(userId: UserId, deviceId: string, event: JsonObject): void {
    const key = keyOf(userId, deviceId);
    const message = { position: this.#stream.next(), event };
    const inbox = this.#inboxes.get(key);
    if (inbox === undefined) this.#inboxes.set(key, [message]);
    else inbox.push(message);
    this.#stream.announce((to) => to.userId === userId && to.deviceId === deviceId);
  }

  /** The first hundred after `position`, and the place of the last of them; undefined when it has got all. */
  after(
    recipient: Recipient,
    position: number,
  ): { readonly events: readonly JsonObject[]; readonly upTo: number | undefined } {
    const inbox = this.#inbox(recipient).filter((message) => message.position > position);
    const given = inbox.slice(0, messagesPerSyncMax);
    const upTo = given.length < inbox.length ? given.at(-1)?.position : undefined;
    return { events: given.map(({ event }) => event), upTo };
  }

  /** Forgets what a device says it has seen. */
  deleteUpTo(recipient: Recipient, position: number): void {
    const inbox = this.#inbox(recipient);
    const seen = inbox.findLastIndex((message) => message.position <= position) + 1;
    inbox.splice(0, seen);
  }

  deleteDevice(userId: string, deviceId: string): void {
    this.#inboxes.delete(keyOf(userId, deviceId));
  }

  #inbox({ userId, deviceId }: Recipient): Message[] {
    if (deviceId === undefined) return [];
    return this.#inboxes.get(keyOf(userId, deviceId)) ?? [];
  }
}

const keyOf = (userId: string, deviceId: string): string => `${userId}\n${deviceId}`;
