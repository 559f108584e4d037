import type { Clock } from '../../clock.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { IdSource } from './id-source.ts';
import { Refusal } from './reply.ts';
import type { Operation } from './route.ts';
import { newUser, type User } from './user.ts';
import { checkAccess } from './user-access.ts';

/** Who asks. A token that an administrator made has no device. */
export interface Caller {
  readonly userId: UserId;
  readonly deviceId: string | undefined;
  readonly accessToken: string;
}

interface AccessToken extends Caller {
  readonly expiresAtMs: number | undefined;
  softLoggedOut: boolean;
  used: boolean;
}

interface RefreshToken {
  readonly userId: UserId;
  readonly deviceId: string;
  /** What it was last exchanged for. */
  next: TokenPair | undefined;
}

interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A login or refresh answer, in the specification's words. */
export interface Grant {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in_ms?: number;
}

/** Is told when devices come and go. */
export interface DeviceObserver {
  came(userId: UserId, deviceId: string): void;
  went(userId: UserId, deviceId: string): void;
}

/** Users, their devices and tokens. */
export class Users {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #tokenLifetimeMs: number;
  readonly #devices: DeviceObserver;
  readonly #users = new Map<string, User>();
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #refreshTokens = new Map<string, RefreshToken>();

  constructor(clock: Clock, ids: IdSource, tokenLifetimeMs: number, devices: DeviceObserver) {
    this.#clock = clock;
    this.#ids = ids;
    this.#tokenLifetimeMs = tokenLifetimeMs;
    this.#devices = devices;
  }

  get(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  all(): readonly User[] {
    return [...this.#users.values()];
  }

  /** @throws Refusal 400 `M_USER_IN_USE`. */
  add(userId: UserId, password: string | undefined, admin: boolean): User {
    if (this.#users.has(userId)) {
      throw new Refusal(400, 'M_USER_IN_USE', 'User ID already taken.');
    }
    const user = newUser(userId, password, admin, this.#clock.now());
    this.#users.set(userId, user);
    return user;
  }

  /** Makes the device if it is new. With `refreshable` the token expires and comes with a refresh token. */
  grant(user: User, deviceId: string, refreshable: boolean, deviceName?: string): Grant {
    if (!user.devices.has(deviceId)) {
      user.devices.set(deviceId, deviceName);
      this.#devices.came(user.userId, deviceId);
    }
    if (!refreshable) return { access_token: this.issue(user.userId, deviceId) };
    const pair = this.#issuePair(user.userId, deviceId);
    return {
      access_token: pair.accessToken,
      refresh_token: pair.refreshToken,
      expires_in_ms: this.#tokenLifetimeMs,
    };
  }

  /** An access token; without a device it is what Synapse's admin API gives out. */
  issue(userId: UserId, deviceId: string | undefined, lifetimeMs?: number): string {
    const accessToken = this.#ids.token('syt');
    this.#accessTokens.set(accessToken, {
      accessToken,
      userId,
      deviceId,
      expiresAtMs: lifetimeMs === undefined ? undefined : this.#clock.now() + lifetimeMs,
      softLoggedOut: false,
      used: false,
    });
    return accessToken;
  }

  /**
   * Exchanges a refresh token. A repeat gives a new pair, and ends the earlier answer's, until that pair is used.
   * @throws Refusal 401 when it is not known, 403 when its successor has been used.
   */
  refresh(refreshToken: string): Grant {
    const known = this.#refreshTokens.get(refreshToken);
    if (known === undefined) {
      throw new Refusal(401, 'M_UNKNOWN_TOKEN', 'invalid refresh token');
    }
    if (known.next !== undefined) {
      if (this.#wasUsed(known.next)) {
        throw new Refusal(403, 'M_FORBIDDEN', "refresh token isn't valid anymore");
      }
      this.#accessTokens.delete(known.next.accessToken);
      this.#refreshTokens.delete(known.next.refreshToken);
    }
    known.next = this.#issuePair(known.userId, known.deviceId);
    return {
      access_token: known.next.accessToken,
      refresh_token: known.next.refreshToken,
      expires_in_ms: this.#tokenLifetimeMs,
    };
  }

  /** @throws Refusal 401, or 403 for a user who may not do `operation`. */
  authenticate(accessToken: string | undefined, operation: Operation): Caller {
    if (accessToken === undefined || accessToken === '') {
      throw new Refusal(401, 'M_MISSING_TOKEN', 'Missing access token');
    }
    const token = this.#accessTokens.get(accessToken);
    if (token === undefined) throw unknownToken('Invalid access token passed.', false);
    if (token.softLoggedOut || this.#clock.now() >= (token.expiresAtMs ?? Number.MAX_VALUE)) {
      throw unknownToken('Access token has expired', true);
    }
    const user = this.#users.get(token.userId);
    if (user !== undefined) checkAccess(user, operation);
    token.used = true;
    return token;
  }

  tokensOf(userId: string): readonly string[] {
    return this.#tokens((token) => token.userId === userId);
  }

  /** From now on the token is not known; its device stays. */
  revoke(accessToken: string): void {
    this.#accessTokens.delete(accessToken);
  }

  /** From now on the token counts as expired: 401 with `soft_logout: true`. */
  softLogOut(accessToken: string): void {
    const token = this.#accessTokens.get(accessToken);
    if (token !== undefined) token.softLoggedOut = true;
  }

  /** Ends a device with all its tokens: what logging it out does. */
  deleteDevice(userId: UserId, deviceId: string): void {
    const isOfDevice = (token: { userId: string; deviceId: string | undefined }) =>
      token.userId === userId && token.deviceId === deviceId;
    for (const token of this.#tokens(isOfDevice)) this.#accessTokens.delete(token);
    for (const [token, refresh] of this.#refreshTokens) {
      if (isOfDevice(refresh)) this.#refreshTokens.delete(token);
    }
    if (this.#users.get(userId)?.devices.delete(deviceId) !== true) return;
    this.#devices.went(userId, deviceId);
  }

  #tokens(which: (token: AccessToken) => boolean): string[] {
    return [...this.#accessTokens.values()].filter(which).map((token) => token.accessToken);
  }

  #issuePair(userId: UserId, deviceId: string): TokenPair {
    const accessToken = this.issue(userId, deviceId, this.#tokenLifetimeMs);
    const refreshToken = this.#ids.token('syr');
    this.#refreshTokens.set(refreshToken, { userId, deviceId, next: undefined });
    return { accessToken, refreshToken };
  }

  #wasUsed(pair: TokenPair): boolean {
    const access = this.#accessTokens.get(pair.accessToken);
    const refresh = this.#refreshTokens.get(pair.refreshToken);
    return access === undefined || access.used || refresh?.next !== undefined;
  }
}

function unknownToken(error: string, softLogout: boolean): Refusal {
  return new Refusal(401, 'M_UNKNOWN_TOKEN', error, { fields: { soft_logout: softLogout } });
}
