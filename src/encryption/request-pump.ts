import { MatrixError } from '../matrix/errors.ts';
import type { CryptoDevice, DeviceRequest } from './crypto-device.ts';
import type { DeviceSession } from './device-session.ts';
import { Mutex } from './mutex.ts';

/** An answer seldom asks for more than one further round; what still comes then waits for the next sync or send. */
const roundsMax = 5;

/** Whoever is not answered these is not encrypted for, or runs out of keys; the rest may fail. */
const isNeeded = (kind: DeviceRequest['kind']): boolean =>
  kind === 'keys-upload' || kind === 'keys-query';

/** Makes a device's requests of its homeserver and tells it the answers. */
export class RequestPump {
  readonly #device: CryptoDevice;
  readonly #session: DeviceSession;
  readonly #turn = new Mutex();
  /** Ids of requests that the homeserver will never take. */
  readonly #refused = new Set<string>();

  constructor(device: CryptoDevice, session: DeviceSession) {
    this.#device = device;
    this.#session = session;
  }

  /**
   * Makes what the device wants made, one request after the other, and what follows from the answers. Two callers wait
   * for one another: two uploads of keys at once end in an error of the homeserver. Before `permission` nothing is made;
   * it is not waited for where nothing is wanted.
   */
  async run(signal: AbortSignal, permission?: Promise<void>): Promise<void> {
    await this.#turn.run(async () => {
      for (let round = 0; round < roundsMax; round++) {
        const wanted = await this.#device.outgoing();
        const requests = wanted.filter(({ id }) => !this.#refused.has(id));
        if (requests.length === 0) return;
        await permission;
        for (const request of requests) await this.#try(request, signal);
      }
    }, signal);
  }

  /** Makes one request and tells the device the answer. */
  async send(request: DeviceRequest, signal: AbortSignal, deadlineMs?: number): Promise<void> {
    const { method, path, body } = request;
    const answer = await this.#session.call({ method, path, body, deadlineMs }, signal);
    if (request.id !== '') await this.#device.markSent(request, answer);
  }

  /** One message to a device that the homeserver does not want must not hold up all others. */
  async #try(request: DeviceRequest, signal: AbortSignal): Promise<void> {
    try {
      await this.send(request, signal);
    } catch (error) {
      if (isNeeded(request.kind) || !isFinal(error)) throw error;
      this.#refused.add(request.id);
    }
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof MatrixError) || !error.json) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429;
}
