import { createHmac } from 'node:crypto';
import { type Answer, call } from '../call.ts';
import type { Homeserver } from '../homeserver.ts';
import { parseUserId, type UserId } from '../ids.ts';
import { fromText, textOf } from '../json.ts';
import { parseToken } from '../token.ts';

/** An account to make with Synapse's `registration_shared_secret`. */
export interface Registration {
  readonly localpart: string;
  readonly password: string;
  readonly admin: boolean;
  readonly sharedSecret: string;
  /** `bot` keeps an account out of the homeserver's counts of people. */
  readonly userType?: 'bot' | 'support' | undefined;
}

/** A new account together with its first device. */
export interface RegisteredLogin {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly accessToken: string;
}

const path = '/_synapse/admin/v1/register';

/** What proves to Synapse that the secret is known, as lower-case hex. */
export function registrationMac(registration: Registration, nonce: string): string {
  const { localpart, password, admin, sharedSecret, userType } = registration;
  const proven = [nonce, localpart, password, admin ? 'admin' : 'notadmin'];
  if (userType !== undefined) proven.push(userType);
  return createHmac('sha1', sharedSecret).update(proven.join('\0')).digest('hex');
}

/**
 * Makes an account, without logging in (Synapse's shared-secret registration).
 * @throws MatrixError 400 `M_USER_IN_USE` when the name is taken, 403 when the secret is another.
 */
export async function registerBySharedSecret(
  homeserver: Homeserver,
  registration: Registration,
  signal: AbortSignal,
): Promise<UserId> {
  const answer = await register(homeserver, registration, { inhibit_login: true }, signal);
  return answer.need('user_id', fromText(parseUserId));
}

/**
 * Makes an account and logs it in, which works where logging in by password is switched off.
 * @throws MatrixError as `registerBySharedSecret`; 400 also for a nonce the homeserver has forgotten (60 s, or a
 * restart), 404 `M_UNRECOGNIZED` where an OAuth server keeps the accounts.
 */
export async function registerAndLogIn(
  homeserver: Homeserver,
  registration: Registration,
  signal: AbortSignal,
): Promise<RegisteredLogin> {
  const answer = await register(homeserver, registration, {}, signal);
  return {
    userId: answer.need('user_id', fromText(parseUserId)),
    deviceId: answer.need('device_id', textOf),
    accessToken: answer.need('access_token', fromText(parseToken)),
  };
}

async function register(
  homeserver: Homeserver,
  registration: Registration,
  more: object,
  signal: AbortSignal,
): Promise<Answer> {
  const nonce = (await call(homeserver, { method: 'GET', path, signal })).need('nonce', textOf);
  return await call(homeserver, {
    method: 'POST',
    path,
    body: JSON.stringify({
      nonce,
      username: registration.localpart,
      password: registration.password,
      admin: registration.admin,
      user_type: registration.userType,
      mac: registrationMac(registration, nonce),
      ...more,
    }),
    signal,
  });
}
