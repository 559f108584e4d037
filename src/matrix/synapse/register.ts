import { createHmac } from 'node:crypto';
import { call } from '../call.ts';
import type { Homeserver } from '../homeserver.ts';
import { parseUserId, type UserId } from '../ids.ts';
import { fromText, textOf } from '../json.ts';

/** An account to make with Synapse's `registration_shared_secret`. */
export interface Registration {
  readonly localpart: string;
  readonly password: string;
  readonly admin: boolean;
  readonly sharedSecret: string;
}

const path = '/_synapse/admin/v1/register';

/** What proves to Synapse that the secret is known, as lower-case hex. */
export function registrationMac(registration: Registration, nonce: string): string {
  const { localpart, password, admin, sharedSecret } = registration;
  return createHmac('sha1', sharedSecret)
    .update([nonce, localpart, password, admin ? 'admin' : 'notadmin'].join('\0'))
    .digest('hex');
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
  const nonce = (await call(homeserver, { method: 'GET', path, signal })).need('nonce', textOf);
  const answer = await call(homeserver, {
    method: 'POST',
    path,
    body: JSON.stringify({
      nonce,
      username: registration.localpart,
      password: registration.password,
      admin: registration.admin,
      mac: registrationMac(registration, nonce),
      inhibit_login: true,
    }),
    signal,
  });
  return answer.need('user_id', fromText(parseUserId));
}
