import { encodePath } from '../encode-path.ts';
import type { UserId } from '../ids.ts';
import type { Session } from '../session.ts';
import { sessionCall } from '../session-call.ts';

const path = (userId: UserId): string => encodePath`/_synapse/admin/v1/users/${userId}/media`;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;

/** How many files an account has uploaded (GET v1/users/{userId}/media). */
export async function countUserMedia(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<number> {
  const answer = await sessionCall(session, 'GET', `${path(userId)}?limit=1`, signal);
  return answer.need('total', count);
}

/** Deletes up to a hundred of an account's uploads (DELETE v1/users/{userId}/media) and says how many; repeat until 0. */
export async function deleteUserMedia(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<number> {
  const answer = await sessionCall(session, 'DELETE', path(userId), signal);
  return answer.need('total', count);
}
