import { call } from '../call.ts';
import { encodePath } from '../encode-path.ts';
import type { UserId } from '../ids.ts';
import type { Session } from '../session.ts';
import { sessionCallWith } from '../session-call.ts';

/** Ending an account with many devices and keys was seen to take more than a minute. */
const deactivationDeadlineMs = 120_000;

/**
 * Ends an account: its tokens, devices and keys are gone, and it leaves its rooms after the answer (POST
 * v1/deactivate/{userId}). Within two minutes; a second call while the first runs makes both slower, so after a lost
 * answer `readUser` says how it went. Erasing removes the profile and hides messages from later joiners; it deletes none.
 * @throws MatrixError 404 `M_NOT_FOUND` when there is no such account.
 */
export async function deactivateUser(
  session: Session,
  userId: UserId,
  options: { readonly erase: boolean },
  signal: AbortSignal,
): Promise<void> {
  await call(session.homeserver, {
    method: 'POST',
    path: encodePath`/_synapse/admin/v1/deactivate/${userId}`,
    accessToken: session.accessToken,
    body: JSON.stringify({ erase: options.erase }),
    deadlineMs: deactivationDeadlineMs,
    signal,
  });
}

/** Lets an account only read, or write again (PUT v1/suspend/{userId}). A suspended account can be joined to nothing. */
export async function suspendUser(
  session: Session,
  userId: UserId,
  suspend: boolean,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_synapse/admin/v1/suspend/${userId}`;
  await sessionCallWith(session, 'PUT', path, { suspend }, signal);
}
