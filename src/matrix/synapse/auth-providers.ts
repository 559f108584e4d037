import { encodePath } from '../encode-path.ts';
import { parseUserId, type UserId } from '../ids.ts';
import { fromText } from '../json.ts';
import { foundOrUndefined } from '../rooms.ts';
import type { Session } from '../session.ts';
import { sessionCall } from '../session-call.ts';

/**
 * The account an identity provider's user has (GET v1/auth_providers/{provider}/users/{externalId}), whatever its name
 * is; undefined: none yet. The provider of OpenID Connect is `oidc-` and its `idp_id`.
 */
export async function findUserByExternalId(
  session: Session,
  provider: string,
  externalId: string,
  signal: AbortSignal,
): Promise<UserId | undefined> {
  const path = encodePath`/_synapse/admin/v1/auth_providers/${provider}/users/${externalId}`;
  const answer = await foundOrUndefined(sessionCall(session, 'GET', path, signal));
  return answer?.need('user_id', fromText(parseUserId));
}
