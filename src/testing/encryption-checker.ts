import { isDeepStrictEqual } from 'node:util';
import { megolmIndexOf, olmIndexOf } from './ratchet-index.ts';

/** How often keys or ratchets were used twice. All are zero as long as every store kept what it promised. */
export interface EncryptionViolations {
  /** One-time keys that were uploaded again under their id with other content. */
  readonly oneTimeKeys: number;
  /** Places of an Olm chain that encrypted two different messages. */
  readonly olm: number;
  /** Places of a Megolm session that encrypted two different events. */
  readonly megolm: number;
  /** The first few in words, for the message of a failing test. */
  readonly examples: readonly string[];
}

type ViolationKind = 'oneTimeKeys' | 'olm' | 'megolm';

/** Enough to see a pattern, few enough to read. */
const examplesMax = 10;

/**
 * Watches ciphertexts and public keys from outside, and counts what only a client can do whose store went back in time.
 * What is sent again as it was is no violation.
 */
export class EncryptionChecker {
  readonly #oneTimeKeys = new Map<string, Map<string, unknown>>();
  readonly #olm = new Map<string, string>();
  readonly #megolm = new Map<string, string>();
  readonly #examples: string[] = [];
  readonly #counts = { oneTimeKeys: 0, olm: 0, megolm: 0 };

  /** Sees an upload of one-time keys by `algorithm:id`. */
  oneTimeKeys(userId: string, deviceId: string, keys: Readonly<Record<string, unknown>>): void {
    const device = `${userId}|${deviceId}`;
    let known = this.#oneTimeKeys.get(device);
    if (known === undefined) {
      known = new Map();
      this.#oneTimeKeys.set(device, known);
    }
    for (const [id, key] of Object.entries(keys)) {
      const publicKey = typeof key === 'object' && key !== null && 'key' in key ? key.key : key;
      if (!known.has(id)) known.set(id, publicKey);
      else if (!isDeepStrictEqual(known.get(id), publicKey)) {
        this.#violation('oneTimeKeys', `one-time key ${id} of ${device} has other content`);
      }
    }
  }

  /** A device of the same name may begin again with its ids. */
  deviceGone(userId: string, deviceId: string): void {
    this.#oneTimeKeys.delete(`${userId}|${deviceId}`);
  }

  /** Sees the body of a request that sends `m.room.encrypted` messages to devices. */
  toDeviceRequest(body: unknown): void {
    for (const devices of Object.values(fieldsOf(fieldsOf(body)['messages']))) {
      for (const content of Object.values(fieldsOf(devices))) this.toDevice(content);
    }
  }

  /** Sees the content of an `m.room.encrypted` message to a device; anything else is passed over. */
  toDevice(content: unknown): void {
    const { ciphertext } = fieldsOf(content);
    for (const message of Object.values(fieldsOf(ciphertext))) {
      const { type, body } = fieldsOf(message);
      const index = typeof body === 'string' ? olmIndexOf(body, type === 0) : undefined;
      if (index === undefined) continue;
      this.#use('olm', this.#olm, index.place, index.ciphertext);
    }
  }

  /** Sees the content of an `m.room.encrypted` event in a room; anything else is passed over. */
  roomEvent(content: unknown): void {
    const { session_id: sessionId, ciphertext } = fieldsOf(content);
    if (typeof sessionId !== 'string' || typeof ciphertext !== 'string') return;
    const index = megolmIndexOf(ciphertext);
    if (index !== undefined) {
      this.#use('megolm', this.#megolm, `${sessionId}#${index}`, ciphertext);
    }
  }

  violations(): EncryptionViolations {
    return { ...this.#counts, examples: [...this.#examples] };
  }

  #use(kind: ViolationKind, used: Map<string, string>, place: string, ciphertext: string): void {
    const before = used.get(place);
    if (before === undefined) used.set(place, ciphertext);
    else if (before !== ciphertext) this.#violation(kind, `${kind} ${place} was used twice`);
  }

  #violation(kind: ViolationKind, text: string): void {
    this.#counts[kind]++;
    if (this.#examples.length < examplesMax) this.#examples.push(text);
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
