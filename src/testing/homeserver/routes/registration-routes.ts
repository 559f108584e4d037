import { parseUserId } from '../../../matrix/ids.ts';
import { parseJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import { type FakeRequest, open, type Route } from '../route.ts';
import type { World } from '../world.ts';

const path = '/_synapse/admin/v1/register';

/** Synapse's registration by shared secret. */
export const registrationRoutes: readonly Route[] = [
  open('registerBySharedSecret', 'GET', path, (world) => ok({ nonce: world.nonces.issue() })),
  open('registerBySharedSecret', 'POST', path, register),
];

function register(world: World, request: FakeRequest): Reply {
  const body = parseJsonObject(request.body);
  const nonce = required(body, 'nonce');
  if (!world.nonces.take(nonce)) throw new Refusal(400, 'M_UNKNOWN', 'unrecognised nonce');
  const username = required(body, 'username');
  const password = required(body, 'password');
  const admin = body['admin'] === true;
  const userType = body['user_type'];
  const parts = [
    nonce,
    username,
    password,
    admin ? 'admin' : 'notadmin',
    ...(typeof userType === 'string' ? [userType] : []),
  ];
  if (!world.nonces.isMac(required(body, 'mac'), parts)) {
    throw new Refusal(403, 'M_UNKNOWN', 'HMAC incorrect');
  }
  const userId = parseUserId(`@${username.toLowerCase()}:${world.serverName}`);
  if (userId === undefined) {
    throw new Refusal(400, 'M_INVALID_USERNAME', 'User ID can only contain permitted characters');
  }
  const user = world.users.add(userId, password, admin);
  const deviceId = world.ids.deviceId();
  return ok({
    user_id: userId,
    home_server: world.serverName,
    device_id: deviceId,
    ...world.users.grant(user, deviceId, false),
  });
}

function required(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') {
    throw new Refusal(400, 'M_BAD_JSON', `${name} must be specified`);
  }
  return value;
}
