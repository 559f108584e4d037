import { Failure } from '../errors.ts';
import { parseBaseUrl } from '../matrix/base-url.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import { serverName } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import { untilAborted } from '../until-aborted.ts';
import type { AccountOptions, SharingPorts } from './account-ports.ts';
import { type Credentials, isFrom, isOf } from './credentials.ts';
import { findBaseUrl } from './find-base-url.ts';
import { judge, sessionFailure } from './session-failure.ts';
import { refreshCredentials, type SignIn, signInByPassword, signInByToken } from './sign-in.ts';

/** A refused token is replaced once by what another process stored, once by a refresh, once by a login. */
const renewalsMax = 3;
/** A blocked account looks this often whether its homeserver has changed its mind; lanes try as often. */
const blockedMs = 10 * 60_000;
/** Tokens are renewed this long before they expire: a request may take 30 s until it arrives. */
const renewMarginMs = 30_000;
/** When an early renewal fails, the old token serves on, and this long nobody tries again. */
const renewPauseMs = 10_000;

interface Ready {
  readonly session: Session;
  /** Wall-clock milliseconds. */
  readonly renewAt: number;
}

interface Block {
  readonly failure: Failure;
  /** On the monotonic clock. */
  readonly until: number;
  readonly stamp: string | undefined;
}

/** One who speaks: keeps a session alive through expiry, logouts and restarts, and says when it cannot. */
export class Account {
  readonly name: string;
  readonly #options: AccountOptions;
  readonly #ports: SharingPorts;
  readonly #closing = new AbortController();
  #ready: Ready | undefined;
  #block: Block | undefined;
  #flight: Promise<Session> | undefined;
  #known: { readonly homeserver: string; readonly deviceId: string | undefined } | undefined;
  /** Of the credentials as last read or written: a login elsewhere since then ends a block. */
  #stamp: string | undefined;
  /** Counts reloads: what began before one does not block after it. */
  #generation = 0;

  private constructor(options: AccountOptions, ports: SharingPorts) {
    this.name = options.name;
    this.#options = options;
    this.#ports = ports;
  }

  /** Reads what is stored, and asks nobody yet; unreadable credentials are reported by the first session. */
  static async open(options: AccountOptions, ports: SharingPorts): Promise<Account> {
    const account = new Account(options, ports);
    const stored = await ports.store.read(options.name).catch(() => undefined);
    if (stored !== undefined && isOf(stored, options)) account.#known = stored;
    return account;
  }

  /**
   * Runs `operation` with a session, and again when its token was refused and could be renewed. The session of a repeat
   * may be on another device: an operation whose outcome rests on the device must compare `session.deviceId`.
   * Rejects with what `operation` threw, or, when there is no session, always with a Failure: login_refused,
   * not_logged_in, homeserver_unreachable, homeserver_unusable, config_invalid, secret_unreadable, storage_full or
   * storage_failed. A Failure of these means that the homeserver did not take what `operation` last asked for.
   */
  withSession<Result>(
    operation: (session: Session) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const attempt = (session: Session, renewals: number): Promise<Result> =>
      begun(operation, session).catch(async (thrown: unknown) => {
        this.#mustBeSpent(thrown, renewals);
        return await attempt(await this.#renewed(session, signal), renewals + 1);
      });
    const session = this.#usable();
    if (session !== undefined) return attempt(session, 0);
    return this.#sought(signal).then((found) => attempt(found, 0));
  }

  /** Throws what an operation has thrown on, unless it means that the access token is to be replaced once more. */
  #mustBeSpent(thrown: unknown, renewals: number): void {
    const verdict = judge(thrown, this.name);
    if (verdict.kind === 'none') throw thrown;
    if (verdict.kind === 'blocked') throw this.#blocked(verdict.failure);
    if (renewals >= renewalsMax) throw this.#blocked(this.#refused('it just gave', thrown));
  }

  /** The device it speaks from; undefined until it has logged in once. */
  deviceId(): string | undefined {
    return this.#ready?.session.deviceId ?? this.#known?.deviceId;
  }

  /** The homeserver's base URL, or the user's server name as long as that is all there is. */
  homeserver(): string {
    const { homeserver, userId } = this.#options;
    if (homeserver !== undefined) return parseBaseUrl(homeserver) ?? homeserver;
    return this.#known?.homeserver ?? (userId === undefined ? '' : serverName(userId));
  }

  /** Looks at stored credentials and secrets again before the next session, also when blocked. */
  reload(): void {
    this.#generation++;
    this.#ready = undefined;
    this.#block = undefined;
    if (this.#known?.deviceId === undefined) this.#known = undefined;
  }

  /** Ends what is under way; the homeserver is closed by whoever opens it. */
  close(): void {
    this.#closing.abort();
  }

  #usable(): Session | undefined {
    const ready = this.#ready;
    return ready !== undefined && this.#ports.clock.now() < ready.renewAt
      ? ready.session
      : undefined;
  }

  async #sought(signal: AbortSignal): Promise<Session> {
    return await this.#shared(async () => await this.#establish(), signal);
  }

  async #renewed(refused: Session, signal: AbortSignal): Promise<Session> {
    const current = this.#ready?.session;
    if (current !== undefined && current !== refused) return current;
    return await this.#shared(async () => await this.#replace(refused), signal);
  }

  /** However many ask, one session is sought at a time, and nobody's abort ends it for the others. */
  async #shared(seek: () => Promise<Session>, signal: AbortSignal): Promise<Session> {
    this.#flight ??= this.#seek(seek).finally(() => {
      this.#flight = undefined;
    });
    return await untilAborted(this.#flight, signal, (cause) => {
      const detail = `Account ${this.name}: not waited for until it had a session.`;
      return new Failure('homeserver_unreachable', { detail, cause });
    });
  }

  async #seek(seek: () => Promise<Session>): Promise<Session> {
    const generation = this.#generation;
    try {
      return await seek();
    } catch (thrown) {
      const failure = sessionFailure(thrown, this.name);
      const lasting = failure.code === 'login_refused' || failure.code === 'not_logged_in';
      if (!lasting || failure === this.#block?.failure || generation !== this.#generation) {
        throw failure;
      }
      throw this.#blocked(failure);
    }
  }

  async #establish(): Promise<Session> {
    await this.#passBlock();
    const stored = await this.#stored();
    const adopted = await this.#adoptConfigured(stored);
    if (adopted !== undefined) return adopted;
    if (stored === undefined) return await this.#logIn(undefined);
    const { clock } = this.#ports;
    const { expiresAt, refreshToken } = stored;
    const due = expiresAt !== undefined && clock.now() >= expiresAt - renewMarginMs;
    if (!due || refreshToken === undefined) return await this.#use(stored);
    return await this.#renewEarly(stored, expiresAt);
  }

  async #renewEarly(stored: Credentials, expiresAt: number): Promise<Session> {
    try {
      return (await this.#refresh(stored)) ?? (await this.#logIn(stored));
    } catch (thrown) {
      const now = this.#ports.clock.now();
      if (now >= expiresAt) throw thrown;
      const lasting = sessionFailure(thrown, this.name).code === 'login_refused';
      return await this.#use(stored, lasting ? expiresAt : Math.min(now + renewPauseMs, expiresAt));
    }
  }

  async #replace(refused: Session): Promise<Session> {
    await this.#passBlock();
    const stored = await this.#stored();
    if (stored !== undefined && stored.accessToken !== refused.accessToken) {
      return await this.#use(stored);
    }
    const adopted = await this.#adoptConfigured(stored);
    if (adopted !== undefined) return adopted;
    if (stored === undefined) return await this.#logIn(undefined);
    return (await this.#refresh(stored)) ?? (await this.#logIn(stored));
  }

  async #refresh(stored: Credentials): Promise<Session | undefined> {
    const renewed = await refreshCredentials(await this.#signIn(stored), stored);
    if (renewed === undefined) return undefined;
    await this.#write(renewed);
    const { expiresAt } = renewed;
    this.#ports.onEvent({ kind: 'refreshed', account: this.name, expiresAt });
    return await this.#use(renewed);
  }

  /** Takes the configured token if it is another than the one the stored credentials come from. */
  async #adoptConfigured(stored: Credentials | undefined): Promise<Session | undefined> {
    if (this.#options.accessToken === undefined) return undefined;
    const token = await this.#options.accessToken();
    if (stored !== undefined && (await isFrom(stored, token))) return undefined;
    return await this.#keep(await signInByToken(await this.#signIn(stored), token));
  }

  async #logIn(stored: Credentials | undefined): Promise<Session> {
    const { password } = this.#options;
    if (password === undefined) {
      if (stored !== undefined) throw this.#refused('it was given', undefined);
      throw new Failure('not_logged_in', { detail: `Account ${this.name}.` });
    }
    const signIn = await this.#signIn(stored);
    return await this.#keep(await signInByPassword(signIn, await password(), stored));
  }

  /** Stores new credentials before anything is done with them. */
  async #keep(credentials: Credentials): Promise<Session> {
    await this.#write(credentials);
    const { deviceId } = credentials;
    this.#ports.onEvent({ kind: 'logged-in', account: this.name, deviceId });
    return await this.#use(credentials);
  }

  async #write(credentials: Credentials): Promise<void> {
    await this.#ports.store.write(this.name, credentials);
    this.#stamp = await this.#ports.store.stamp(this.name);
  }

  async #use(credentials: Credentials, renewAt = this.#renewAt(credentials)): Promise<Session> {
    const { userId, deviceId, accessToken } = credentials;
    const homeserver = await this.#homeserver(credentials);
    const session: Session = { homeserver, accessToken, userId, deviceId };
    const previousDeviceId = this.#known?.deviceId;
    this.#known = { homeserver: homeserver.baseUrl, deviceId };
    this.#ready = { session, renewAt };
    if (previousDeviceId !== undefined && previousDeviceId !== deviceId) {
      const account = this.name;
      this.#ports.onEvent({ kind: 'new-device', account, deviceId, previousDeviceId });
    }
    return session;
  }

  #renewAt({ expiresAt, refreshToken }: Credentials): number {
    if (expiresAt === undefined || refreshToken === undefined) return Number.POSITIVE_INFINITY;
    // A token that lives shorter than the margin serves for half its life.
    const remainingMs = Math.max(0, expiresAt - this.#ports.clock.now());
    return expiresAt - Math.min(renewMarginMs, remainingMs / 2);
  }

  async #stored(): Promise<Credentials | undefined> {
    this.#stamp = await this.#ports.store.stamp(this.name);
    const stored = await this.#ports.store.read(this.name);
    return stored !== undefined && isOf(stored, this.#options) ? stored : undefined;
  }

  async #homeserver(stored: Credentials | undefined): Promise<Homeserver> {
    const known = stored?.homeserver ?? this.#known?.homeserver;
    const { signal } = this.#closing;
    const baseUrl = await findBaseUrl(this.#options, this.#ports, known, signal);
    this.#known ??= { homeserver: baseUrl, deviceId: undefined };
    return this.#ports.homeservers.get(baseUrl);
  }

  async #signIn(stored: Credentials | undefined): Promise<SignIn> {
    return {
      account: this.name,
      userId: this.#options.userId,
      homeserver: await this.#homeserver(stored),
      now: () => this.#ports.clock.now(),
      signal: this.#closing.signal,
    };
  }

  #refused(which: string, cause: unknown): Failure {
    return new Failure('login_refused', {
      detail: `Account ${this.name}: the homeserver no longer takes the access token ${which}.`,
      cause,
    });
  }

  async #passBlock(): Promise<void> {
    const block = this.#block;
    if (block === undefined) return;
    const changed = block.stamp !== (await this.#ports.store.stamp(this.name));
    if (!changed && this.#ports.clock.monotonic() < block.until) throw block.failure;
    this.#block = undefined;
  }

  #blocked(failure: Failure): Failure {
    const now = this.#ports.clock.monotonic();
    const said = this.#block !== undefined && this.#block.failure.message === failure.message;
    this.#ready = undefined;
    this.#block = { failure, until: now + blockedMs, stamp: this.#stamp };
    if (!said) {
      this.#ports.onEvent({ kind: 'blocked', account: this.name, reason: failure.message });
    }
    return failure;
  }
}

/** As of an async function: whatever `operation` throws is a rejection. */
function begun<Result>(
  operation: (session: Session) => Promise<Result>,
  session: Session,
): Promise<Result> {
  try {
    return operation(session);
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}
