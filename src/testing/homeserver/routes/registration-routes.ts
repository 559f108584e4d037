import { parseUserId, type UserId } from '../../../matrix/ids.ts';
import { parseJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import { type FakeRequest, open, type Route } from '../route.ts';
import type { World } from '../world.ts';

const path = '/_synapse/admin/v1/register';

/** Synapse's registration by shared secret. */
export const registrationRoutes: readonly Route[] = [
  open('registerBySharedSecret', 'GET', path, (world) => {
    checkEnabled(world);
    return ok({ nonce: world.nonces.issue() });
  }),
  open('registerBySharedSecret', 'POST', path, register),
];

function register(world: World, request: FakeRequest): Reply {
  checkEnabled(world);
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
  const userId = checkLocalpart(world, username.toLowerCase());
  const user = world.users.add(userId, password, admin);
  if (typeof userType === 'string') user.userType = userType;
  const displayname = body['displayname'];
  if (typeof displayname === 'string') user.profile.set('displayname', displayname);
  const deviceId = world.ids.deviceId();
  return ok({
    user_id: userId,
    home_server: world.serverName,
    device_id: deviceId,
    ...world.users.grant(user, deviceId, false),
  });
}

function checkEnabled(world: World): void {
  const { accountPage, registrationSharedSecretEnabled } = world.settings;
  if (accountPage !== undefined) throw new Refusal(404, 'M_UNRECOGNIZED', 'Unrecognized request');
  if (registrationSharedSecretEnabled) return;
  throw new Refusal(400, 'M_UNKNOWN', 'Shared secret registration is not enabled');
}

/** The user id of a new user. @throws Refusal 400 in Synapse's words. */
export function checkLocalpart(world: World, name: string): UserId {
  const userId = parseUserId(`@${name}:${world.serverName}`);
  if (userId === undefined || !/^[a-z0-9._=/+-]+$/.test(name)) {
    throw new Refusal(
      400,
      'M_INVALID_USERNAME',
      "User ID can only contain characters a-z, 0-9, or '=_-./+'",
    );
  }
  if (/^\d+$/.test(name)) {
    const error = 'Numeric user IDs are reserved for guest users.';
    throw new Refusal(400, 'M_INVALID_USERNAME', error);
  }
  return userId;
}

function required(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') {
    throw new Refusal(400, 'M_BAD_JSON', `${name} must be specified`);
  }
  return value;
}
