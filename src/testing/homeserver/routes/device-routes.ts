import { parseJsonObject, parseOptionalJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { User } from '../user.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const devices = '/_matrix/client/v3/devices';

/** A user's devices, client-server API §11.11; to end one takes the password. */
export const deviceRoutes: readonly Route[] = [
  authenticated('getDevices', 'GET', devices, (world, _request, caller) =>
    ok({ devices: [...ownerOf(world, caller).devices].map(view) }),
  ),
  authenticated('getDevice', 'GET', `${devices}/{deviceId}`, (world, request, caller) => {
    const { deviceId, name } = known(world, request, caller);
    return ok(view([deviceId, name]));
  }),
  authenticated('updateDevice', 'PUT', `${devices}/{deviceId}`, (world, request, caller) => {
    const { user, deviceId } = known(world, request, caller);
    const name = parseJsonObject(request.body)['display_name'];
    if (typeof name === 'string') {
      user.devices.set(deviceId, name);
      world.deviceLists.record(caller.userId);
    }
    return ok({});
  }),
  authenticated('deleteDevice', 'DELETE', `${devices}/{deviceId}`, (world, request, caller) => {
    const user = ownerOf(world, caller);
    if (world.settings.accountPage !== undefined) {
      throw new Refusal(404, 'M_UNRECOGNIZED', 'Unrecognized request');
    }
    const challenge = world.interactiveAuth.challenge(user, parseOptionalJsonObject(request.body));
    if (challenge !== undefined) return challenge;
    world.users.deleteDevice(caller.userId, request.param('deviceId'));
    return ok({});
  }),
];

function ownerOf(world: World, caller: Caller): User {
  const user = world.users.get(caller.userId);
  if (user === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'User not found');
  return user;
}

function known(
  world: World,
  request: FakeRequest,
  caller: Caller,
): { user: User; deviceId: string; name: string | undefined } {
  const user = ownerOf(world, caller);
  const deviceId = request.param('deviceId');
  if (!user.devices.has(deviceId)) throw new Refusal(404, 'M_NOT_FOUND', 'No device found');
  return { user, deviceId, name: user.devices.get(deviceId) };
}

const view = ([deviceId, name]: readonly [string, string | undefined]): JsonObject => ({
  device_id: deviceId,
  ...(name === undefined ? {} : { display_name: name }),
});
