import { encodePath } from '../encode-path.ts';
import type { UserId } from '../ids.ts';
import type { Session } from '../session.ts';
import { sessionCall, sessionCallWith } from '../session-call.ts';

const path = (userId: UserId): string =>
  encodePath`/_synapse/admin/v1/users/${userId}/override_ratelimit`;

/** Whether no rate limit holds for an account (GET v1/users/{userId}/override_ratelimit says zero to both). */
export async function isRateLimitLifted(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<boolean> {
  const { object } = await sessionCall(session, 'GET', path(userId), signal);
  return object['messages_per_second'] === 0 && object['burst_count'] === 0;
}

/** Lifts every rate limit of an account (POST v1/users/{userId}/override_ratelimit with zeros), joins and rooms too. */
export async function liftRateLimit(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  const body = { messages_per_second: 0, burst_count: 0 };
  await sessionCallWith(session, 'POST', path(userId), body, signal);
}
