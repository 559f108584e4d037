import { objectOf } from '../../matrix/json.ts';
import { type PublishedKeys, queryKeys } from '../../matrix/keys.ts';
import type { CrossSigningState, DeviceRequest } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';

/** What the homeserver shows of the account itself; the device does not learn of it. */
export async function publishedKeys({ session, signal }: IdentityContext): Promise<PublishedKeys> {
  return await queryKeys(session, session.userId, signal);
}

/**
 * As `publishedKeys`, and the device learns of it. Where the homeserver shows another identity than the device's, the
 * device forgets the private keys of its own.
 */
export async function learnPublishedKeys(context: IdentityContext): Promise<PublishedKeys> {
  const { device, session } = context;
  const requests = await device.outgoing();
  const request = requests.find((each) => asksOnlyFor(each, session.userId));
  const keys = await publishedKeys(context);
  await device.markSent(request ?? unaskedRequest(session.userId), keys.answer);
  return keys;
}

/** The device takes an answer that it has not asked for as well, but goes on waiting for one that it has. */
function unaskedRequest(userId: string): DeviceRequest {
  const path = '/_matrix/client/v3/keys/query';
  const body = JSON.stringify({ device_keys: { [userId]: [] } });
  return { id: 'unasked', kind: 'keys-query', method: 'POST', path, body };
}

function asksOnlyFor({ kind, body }: DeviceRequest, userId: string): boolean {
  if (kind !== 'keys-query') return false;
  const users = Object.keys(objectOf(objectOf(JSON.parse(body))?.['device_keys']) ?? {});
  return users.length === 1 && users[0] === userId;
}

/** Whether the device holds every private key of an identity. */
export function isComplete(state: CrossSigningState): boolean {
  return state.master && state.selfSigning && state.userSigning;
}

/** Whether the account's identity has signed the session's device; undefined: the homeserver does not show it. */
export function isSigned(keys: PublishedKeys, deviceId: string): boolean | undefined {
  const device = keys.devices.get(deviceId);
  return device?.signedBy.has(`ed25519:${keys.selfSigningKey}`);
}
