import { isObject, parseJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import { authenticated, type FakeRequest, open, type Route } from '../route.ts';
import type { User } from '../user.ts';
import { lockedOut } from '../user-access.ts';
import type { World } from '../world.ts';

/** Login, refresh, logout and who one is, client-server API §5. */
export const loginRoutes: readonly Route[] = [
  open('getLoginFlows', 'GET', '/_matrix/client/v3/login', () =>
    ok({ flows: [{ type: 'm.login.password' }, { type: 'm.login.application_service' }] }),
  ),
  open('login', 'POST', '/_matrix/client/v3/login', logIn),
  open('refresh', 'POST', '/_matrix/client/v3/refresh', (world, request) => {
    const refreshToken = parseJsonObject(request.body)['refresh_token'];
    if (typeof refreshToken !== 'string') {
      throw new Refusal(400, 'M_MISSING_PARAM', "Missing params: ['refresh_token']");
    }
    return ok(world.users.refresh(refreshToken));
  }),
  authenticated('logout', 'POST', '/_matrix/client/v3/logout', (world, _request, caller) => {
    if (caller.deviceId === undefined) world.users.revoke(caller.accessToken);
    else world.users.deleteDevice(caller.userId, caller.deviceId);
    return ok({});
  }),
  authenticated(
    'logout_all',
    'POST',
    '/_matrix/client/v3/logout/all',
    (world, _request, caller) => {
      const devices = world.users.get(caller.userId)?.devices.keys() ?? [];
      for (const deviceId of [...devices]) world.users.deleteDevice(caller.userId, deviceId);
      for (const token of world.users.tokensOf(caller.userId)) world.users.revoke(token);
      return ok({});
    },
  ),
  authenticated(
    'getTokenOwner',
    'GET',
    '/_matrix/client/v3/account/whoami',
    (_world, _request, caller) =>
      ok({
        user_id: caller.userId,
        is_guest: false,
        ...(caller.deviceId === undefined ? {} : { device_id: caller.deviceId }),
      }),
  ),
];

function logIn(world: World, request: FakeRequest): Reply {
  const body = parseJsonObject(request.body);
  const user = identify(world, body);
  const deviceId = typeof body['device_id'] === 'string' ? body['device_id'] : world.ids.deviceId();
  const name = body['initial_device_display_name'];
  const grant = world.users.grant(
    user,
    deviceId,
    body['refresh_token'] === true,
    typeof name === 'string' ? name : undefined,
  );
  return ok({ user_id: user.userId, device_id: deviceId, ...grant });
}

function identify(world: World, body: JsonObject): User {
  if (body['type'] === undefined) throw new Refusal(400, 'M_UNKNOWN', 'Missing JSON keys.');
  const identifier = isObject(body['identifier']) ? body['identifier'] : {};
  const name = identifier['user'] ?? body['user'];
  const password = body['password'];
  if (typeof name !== 'string' || typeof password !== 'string') {
    throw new Refusal(400, 'M_INVALID_PARAM', 'Invalid login submission');
  }
  if (body['type'] !== 'm.login.password') {
    throw new Refusal(400, 'M_UNKNOWN', 'Unknown login type');
  }
  const user = world.users.get(name.startsWith('@') ? name : `@${name}:${world.serverName}`);
  if (user === undefined || user.password !== password) {
    throw new Refusal(403, 'M_FORBIDDEN', 'Invalid username or password');
  }
  if (user.deactivated) {
    throw new Refusal(403, 'M_USER_DEACTIVATED', 'This account has been deactivated');
  }
  if (user.locked) throw lockedOut();
  return user;
}
