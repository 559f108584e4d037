import { Failure } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';
import { closeDevice } from './close-device.ts';
import { DeviceSession } from './device-session.ts';
import type { IdentityState } from './encryption.ts';
import type { EncryptionPorts } from './encryption-ports.ts';
import { identityFailure } from './identity/identity-failure.ts';
import type { Judgement } from './identity/judge-identity.ts';
import { LiveDevice, type LiveDevicePorts } from './live-device.ts';
import { type ConfirmedDevice, openConfirmedDevice } from './open-confirmed-device.ts';
import { storeFile } from './store-file.ts';

/** What an operator has to mend is looked at again after this, or at a refresh. */
const refusalMs = 30_000;
/** So often a store in use is opened and counted anew: only copies from before the last count are known for old. */
const countMs = 60 * 60_000;

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
  #openedAt = 0;
  /** It opened the store, so it does so again, even if its file was there for the start only. */
  #key: Uint8Array | undefined;
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
   * half a minute without looking. One that has been open for an hour is opened anew, so that it is counted.
   *
   * @throws Failure as `Encryption.ready`, and shutting_down after `close`
   */
  async get(): Promise<LiveDevice> {
    if (this.#end.signal.aborted) throw new Failure('shutting_down');
    const { clock } = this.#ports;
    const now = clock.monotonic();
    if (this.#refusal !== undefined && now < this.#refusal.until) throw this.#refusal.failure;
    const isDue = this.#mustReopen || now - this.#openedAt >= countMs;
    if (this.#held !== undefined && !isDue) return await this.#held;
    this.#mustReopen = false;
    this.#openedAt = now;
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
    this.#key = undefined;
    this.#refusal = undefined;
    this.#mustReopen = true;
  }

  /** What an operator had to mend is looked at again by the next who asks. */
  retry(): void {
    this.#refusal = undefined;
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
    const { account, sessions } = this.#ports;
    const session = await DeviceSession.of(account, sessions, this.#end.signal);
    const confirmed = await this.#open(session);
    this.#deviceId = session.deviceId;
    if (confirmed === undefined) throw this.#found('device-gone');
    try {
      const remember = await this.#judge(confirmed, session);
      const { device } = confirmed;
      const { clock, onNews, onShared } = this.#ports;
      this.#live = new LiveDevice({ device, session, remember, clock, onNews, onShared });
      return this.#live;
    } catch (error) {
      await closeDevice(confirmed.device);
      throw error;
    }
  }

  async #open(session: DeviceSession): Promise<ConfirmedDevice | undefined> {
    const { account, devices, directory, key } = this.#ports;
    const { userId, deviceId } = session;
    ensureDirectory(directory);
    const file = storeFile(directory, account);
    const opening = this.#key ?? (await key());
    this.#key = undefined;
    const options = { account, userId, deviceId, file, key: opening };
    const confirmed = await openConfirmedDevice(devices, options, session, this.#end.signal);
    this.#key = opening;
    return confirmed;
  }

  async #judge(
    { device, shown }: ConfirmedDevice,
    speaker: DeviceSession,
  ): Promise<Judgement['remember']> {
    const { identities, account } = this.#ports;
    const { signal } = this.#end;
    const { state, remember } = await speaker.run(
      async (session) => await identities.examine({ account, session, device }, shown, signal),
      signal,
    );
    const failure = this.#found(state);
    if (failure !== undefined) throw failure;
    return remember;
  }

  /** Tells of a state that was not known, and what it is in the way of encryption. */
  #found(state: Exclude<IdentityState, 'ok'>): Failure;
  #found(state: IdentityState): Failure | undefined;
  #found(state: IdentityState): Failure | undefined {
    const { events, account } = this.#ports;
    if (state !== this.#identity) events.identity(account, state);
    this.#identity = state;
    return state === 'ok' ? undefined : identityFailure(state, account);
  }

  #remember(error: unknown): void {
    this.#refusal =
      error instanceof Failure && error.entry.retry === 'after'
        ? { failure: error, until: this.#ports.clock.monotonic() + refusalMs }
        : undefined;
  }
}

function ensureDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (cause) {
    const detail = `Its directory ${directory} cannot be made.`;
    throw new Failure('encryption_store_unusable', { detail, cause });
  }
}
