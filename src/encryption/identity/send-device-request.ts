import { call } from '../../matrix/call.ts';
import type { DeviceRequest } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';

/** Makes a request that the device wants made, and tells it the answer. @throws MatrixError, TransportError */
export async function sendDeviceRequest(
  { device, session, signal }: IdentityContext,
  request: DeviceRequest,
): Promise<void> {
  const { method, path, body } = request;
  const { accessToken, homeserver } = session;
  const answer = await call(homeserver, { method, path, accessToken, body, signal });
  if (request.id !== '') await device.markSent(request, JSON.stringify(answer.object));
}
