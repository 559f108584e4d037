import { encodePath } from './encode-path.ts';
import { foundOrUndefined } from './rooms.ts';
import type { Session } from './session.ts';
import { sessionCall } from './session-call.ts';

/** Whether the account has this device (GET /v3/devices/{deviceId}); false means exactly 404 `M_NOT_FOUND`. */
export async function hasDevice(
  session: Session,
  deviceId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const path = encodePath`/_matrix/client/v3/devices/${deviceId}`;
  return (await foundOrUndefined(sessionCall(session, 'GET', path, signal))) !== undefined;
}
