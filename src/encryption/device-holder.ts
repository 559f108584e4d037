import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { closeDevice } from './close-device.ts';
import type { CryptoDevice } from './crypto-device.ts';
import { DeviceSession } from './device-session.ts';
import type { IdentityState } from './encryption.ts';
import type { EncryptionPorts } from './encryption-ports.ts';
import { identityFailure } from './identity/identity-failure.ts';
import { LiveDevice, type LiveDevicePorts } from './live-device.ts';

/** What an operator has to mend is looked at again after this, or at a refresh. */
const refusalMs = 30_000;

/** What the holder of one account's device works with. */
export interface DeviceHolderPorts
  extends EncryptionPorts,
    Pick<LiveDevicePorts, 'onNews' | 'onShared'> {
  /** The account's name in the configuration. */
  readonly account: string;
}

/** Holds at most one live device of an account, whose identity was found to be in order. */
export class DeviceHolder {
  readonly #ports: DeviceHolderPorts;
  readonly #end = new AbortController();
  #held: Promise<LiveDevice> | undefined;
  #live: LiveDevice | undefined;
  #mustReopen = false;
  #refusal: { readonly failure: Failure; readonly until: number } | undefined;
  #identity: IdentityState | undefined;
  #deviceId: string | undefined;

  constructor(ports: DeviceHolderPorts) {
    this.#ports = ports;
  }

  /** The device that was opened last. */
  get live(): LiveDevice | undefined {
    return this.#live;
  }

  get identity(): IdentityState | undefined {
    return this.#identity;
  }

  get deviceId(): string | undefined {
    return this.#deviceId;
  }

  /**
   * The live device; many who ask at once wait for the same opening. What an operator has to mend is said again for
   * half a minute without looking.
   *
   * @throws Failure as `Encryption.ready`, and shutting_down after `close`
   */
  async get(): Promise<LiveDevice> {
    if (this.#end.signal.aborted) throw new Failure('shutting_down');
    const { clock } = this.#ports;
    if (this.#refusal !== undefined && clock.monotonic() < this.#refusal.until) {
      throw this.#refusal.failure;
    }
    if (this.#held !== undefined && !this.#mustReopen) return await this.#held;
    this.#mustReopen = false;
    const held = this.#openAfter(this.#held);
    this.#held = held;
    try {
      return await held;
    } catch (error) {
      if (this.#held === held) this.#held = undefined;
      this.#remember(error);
      throw error;
    }
  }

  /** The device is of no more use: what is under way with it ends, and the next who asks gets one that is opened anew. */
  drop(live: LiveDevice | undefined): void {
    live?.abandon();
    if (live === this.#live) this.#mustReopen = true;
  }

  /** The next who asks gets a device that is opened and judged anew. */
  refresh(): void {
    this.#refusal = undefined;
    this.#mustReopen = true;
  }

  async close(): Promise<void> {
    this.#end.abort();
    const held = this.#held;
    this.#held = undefined;
    const live = await held?.catch(() => undefined);
    await live?.close();
  }

  /** The same store cannot be open twice. */
  async #openAfter(before: Promise<LiveDevice> | undefined): Promise<LiveDevice> {
    const last = await before?.catch(() => undefined);
    await last?.close();
    const { account, sessions, devices, directory, key } = this.#ports;
    const session = await DeviceSession.of(account, sessions, this.#end.signal);
    await makeDirectory(directory);
    const device = await devices.open({
      account,
      userId: session.userId,
      deviceId: session.deviceId,
      // Encoded, a name stays a single part of a path.
      file: join(directory, `${encodeURIComponent(account)}.db`),
      key: await key(),
    });
    this.#deviceId = session.deviceId;
    try {
      await this.#judge(device, session);
    } catch (error) {
      await closeDevice(device);
      throw error;
    }
    const { clock, onNews, onShared } = this.#ports;
    this.#live = new LiveDevice({ device, session, clock, onNews, onShared });
    return this.#live;
  }

  async #judge(device: CryptoDevice, speaker: DeviceSession): Promise<void> {
    const { identities, events, account } = this.#ports;
    const { signal } = this.#end;
    const state = await speaker.run(
      async (session) => await identities.judge({ account, session, device }, signal),
      signal,
    );
    if (state !== this.#identity) events.identity(account, state);
    this.#identity = state;
    if (state !== 'ok') throw identityFailure(state, account);
  }

  #remember(error: unknown): void {
    this.#refusal =
      error instanceof Failure && error.entry.retry === 'after'
        ? { failure: error, until: this.#ports.clock.monotonic() + refusalMs }
        : undefined;
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const detail = `Its directory ${directory} cannot be made.`;
    throw new Failure('encryption_store_unusable', { detail, cause });
  }
}
