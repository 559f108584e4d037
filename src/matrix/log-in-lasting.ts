import { call } from './call.ts';
import type { Homeserver } from './homeserver.ts';
import { fromText } from './json.ts';
import type { PasswordLogin } from './login.ts';
import { passwordProof } from './password-proof.ts';
import { parseToken } from './token.ts';

/**
 * Logs in by password without asking for a refresh token (POST /v3/login): the access token lasts for as long as the
 * homeserver lets one last that is not refreshed, on Synapse for ever unless it is configured otherwise.
 */
export async function logInLasting(
  homeserver: Homeserver,
  login: PasswordLogin,
  signal: AbortSignal,
): Promise<string> {
  const answer = await call(homeserver, {
    method: 'POST',
    path: '/_matrix/client/v3/login',
    body: JSON.stringify(passwordProof(login)),
    signal,
  });
  return answer.need('access_token', fromText(parseToken));
}
