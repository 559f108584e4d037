import { encodePath } from '../encode-path.ts';
import type { UserId } from '../ids.ts';
import { fromText } from '../json.ts';
import type { Session } from '../session.ts';
import { sessionCallWith } from '../session-call.ts';
import { parseToken } from '../token.ts';

/**
 * A token that speaks for another account (POST v1/users/{userId}/login). It has no device, its rate limits are the
 * administrator's, and it ends at `validUntil` (wall-clock milliseconds) or when the administrator logs out everywhere.
 * @throws MatrixError 400 for oneself, 404 where an OAuth server keeps the accounts.
 */
export async function loginAs(
  session: Session,
  userId: UserId,
  validUntil: number | undefined,
  signal: AbortSignal,
): Promise<string> {
  const path = encodePath`/_synapse/admin/v1/users/${userId}/login`;
  const body = { valid_until_ms: validUntil };
  const answer = await sessionCallWith(session, 'POST', path, body, signal);
  return answer.need('access_token', fromText(parseToken));
}
