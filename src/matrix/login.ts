import { call } from './call.ts';
import type { Homeserver } from './homeserver.ts';
import { parseUserId, type UserId } from './ids.ts';
import { fromText, isJsonObject, listOf, textOf } from './json.ts';
import { passwordProof } from './password-proof.ts';
import type { Session } from './session.ts';

/** An access token and what renews it. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Undefined: it does not expire. */
  readonly expiresInMs: number | undefined;
}

export interface Login extends TokenPair {
  readonly userId: UserId;
  readonly deviceId: string;
}

export interface PasswordLogin {
  /** User id or localpart. */
  readonly user: string;
  readonly password: string;
  /** A device to log in again; without it the homeserver makes a new one. */
  readonly deviceId?: string | undefined;
  readonly initialDeviceDisplayName?: string | undefined;
}

export interface TokenOwner {
  readonly userId: UserId;
  /** Undefined: a token without a device, for which the homeserver keeps no transaction ids. */
  readonly deviceId: string | undefined;
}

const lifetimeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined;

/** A token goes into a header: visible ASCII only. */
const tokenOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : undefined;

/** The ways to log in that a homeserver offers, such as `m.login.password` (GET /v3/login). */
export async function loginFlows(homeserver: Homeserver, signal: AbortSignal): Promise<string[]> {
  const answer = await call(homeserver, {
    method: 'GET',
    path: '/_matrix/client/v3/login',
    signal,
  });
  return answer
    .need('flows', listOf)
    .map((flow) => (isJsonObject(flow) ? textOf(flow['type']) : undefined))
    .filter((type) => type !== undefined);
}

/** Logs in by password and asks for a refresh token (POST /v3/login). */
export async function loginPassword(
  homeserver: Homeserver,
  login: PasswordLogin,
  signal: AbortSignal,
): Promise<Login> {
  const answer = await call(homeserver, {
    method: 'POST',
    path: '/_matrix/client/v3/login',
    body: JSON.stringify({ ...passwordProof(login), refresh_token: true }),
    signal,
  });
  return {
    accessToken: answer.need('access_token', tokenOf),
    refreshToken: textOf(answer.object['refresh_token']),
    expiresInMs: lifetimeOf(answer.object['expires_in_ms']),
    userId: answer.need('user_id', fromText(parseUserId)),
    deviceId: answer.need('device_id', textOf),
  };
}

/**
 * Changes a refresh token for a new pair (POST /v3/refresh). The old one works until the new access token is used, so
 * the new pair must be stored before that. Without a new refresh token the old one stays.
 */
export async function refresh(
  homeserver: Homeserver,
  refreshToken: string,
  signal: AbortSignal,
): Promise<TokenPair> {
  const answer = await call(homeserver, {
    method: 'POST',
    path: '/_matrix/client/v3/refresh',
    body: JSON.stringify({ refresh_token: refreshToken }),
    signal,
  });
  return {
    accessToken: answer.need('access_token', tokenOf),
    refreshToken: textOf(answer.object['refresh_token']) ?? refreshToken,
    expiresInMs: lifetimeOf(answer.object['expires_in_ms']),
  };
}

/** Ends the token and deletes its device with everything the homeserver knows of it (POST /v3/logout). */
export async function logout(session: Session, signal: AbortSignal): Promise<void> {
  await call(session.homeserver, {
    method: 'POST',
    path: '/_matrix/client/v3/logout',
    accessToken: session.accessToken,
    signal,
  });
}

/** Whose token this is (GET /v3/account/whoami). */
export async function whoami(
  homeserver: Homeserver,
  accessToken: string,
  signal: AbortSignal,
): Promise<TokenOwner> {
  const answer = await call(homeserver, {
    method: 'GET',
    path: '/_matrix/client/v3/account/whoami',
    accessToken,
    signal,
  });
  return {
    userId: answer.need('user_id', fromText(parseUserId)),
    deviceId: textOf(answer.object['device_id']),
  };
}
