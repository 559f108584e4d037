import { encodePath } from '../encode-path.ts';
import type { UserId } from '../ids.ts';
import { isJsonObject, listOf, textOf } from '../json.ts';
import type { Session } from '../session.ts';
import { sessionCall, sessionCallWith } from '../session-call.ts';

/** The devices of an account (GET v2/users/{userId}/devices). @throws MatrixError 404 when there is no such account. */
export async function listDevices(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<string[]> {
  const path = encodePath`/_synapse/admin/v2/users/${userId}/devices`;
  const answer = await sessionCall(session, 'GET', path, signal);
  return answer
    .need('devices', listOf)
    .map((device) => (isJsonObject(device) ? textOf(device['device_id']) : undefined))
    .filter((deviceId) => deviceId !== undefined);
}

/** Ends devices of an account with their tokens and keys (POST v2/users/{userId}/delete_devices). */
export async function deleteDevices(
  session: Session,
  userId: UserId,
  deviceIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_synapse/admin/v2/users/${userId}/delete_devices`;
  await sessionCallWith(session, 'POST', path, { devices: deviceIds }, signal);
}
