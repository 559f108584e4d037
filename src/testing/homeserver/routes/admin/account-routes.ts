import { localUser } from '../../admin-user-view.ts';
import { deactivate } from '../../deactivation.ts';
import { parseJsonObject, parseOptionalJsonObject } from '../../json-content.ts';
import { type JsonObject, ok, Refusal } from '../../reply.ts';
import { administrative, type Route } from '../../route.ts';
import type { World } from '../../world.ts';

const admin = '/_synapse/admin';
const user = `${admin}/v1/users/{userId}`;
const devices = `${admin}/v2/users/{userId}/devices`;

/** What may be done to one user's account, in Synapse's admin API. */
export const adminAccountRoutes: readonly Route[] = [
  administrative('adminDeactivate', 'POST', `${admin}/v1/deactivate/{userId}`, (world, request) => {
    const erase = parseOptionalJsonObject(request.body)['erase'] === true;
    deactivate(world, localUser(world, request.param('userId')), erase);
    return ok({ id_server_unbind_result: 'success' });
  }),
  administrative('adminSuspend', 'PUT', `${admin}/v1/suspend/{userId}`, (world, request) => {
    const who = localUser(world, request.param('userId'));
    const { suspend } = parseJsonObject(request.body);
    if (typeof suspend !== 'boolean') throw new Refusal(400, 'M_BAD_JSON', "Missing 'suspend'");
    who.suspended = suspend;
    return ok({ [`user_${who.userId}_suspended`]: suspend });
  }),
  administrative('adminLogIn', 'POST', `${user}/login`, (world, request, caller) => {
    checkNotDelegated(world);
    const { valid_until_ms: validUntilMs } = parseOptionalJsonObject(request.body);
    if (request.param('userId') === caller.userId) {
      throw new Refusal(400, 'M_UNKNOWN', 'Cannot use admin API to login as self');
    }
    const who = localUser(world, request.param('userId'));
    const lifetimeMs =
      typeof validUntilMs === 'number' ? validUntilMs - world.clock.now() : undefined;
    return ok({ access_token: world.users.issue(who.userId, undefined, lifetimeMs) });
  }),
  administrative('adminGetAdmin', 'GET', `${user}/admin`, (world, request) => {
    checkNotDelegated(world);
    return ok({ admin: localUser(world, request.param('userId')).admin });
  }),
  administrative('adminSetAdmin', 'PUT', `${user}/admin`, (world, request, caller) => {
    checkNotDelegated(world);
    const who = localUser(world, request.param('userId'));
    const isAdmin = parseJsonObject(request.body)['admin'] === true;
    if (who.userId === caller.userId && !isAdmin) {
      throw new Refusal(400, 'M_UNKNOWN', 'You may not demote yourself.');
    }
    who.admin = isAdmin;
    return ok({});
  }),
  administrative('adminGetRateLimit', 'GET', `${user}/override_ratelimit`, (world, request) => {
    const { userId } = localUser(world, request.param('userId'));
    return ok(world.rateLimit.override(userId) ?? {});
  }),
  administrative('adminSetRateLimit', 'POST', `${user}/override_ratelimit`, (world, request) => {
    const { userId } = localUser(world, request.param('userId'));
    const body = parseOptionalJsonObject(request.body);
    const override = {
      messages_per_second: readCount(body, 'messages_per_second'),
      burst_count: readCount(body, 'burst_count'),
    };
    world.rateLimit.setOverride(userId, override);
    return ok(override);
  }),
  administrative(
    'adminDeleteRateLimit',
    'DELETE',
    `${user}/override_ratelimit`,
    (world, request) => {
      world.rateLimit.setOverride(localUser(world, request.param('userId')).userId, undefined);
      return ok({});
    },
  ),
  administrative('adminGetDevices', 'GET', devices, (world, request) => {
    const who = localUser(world, request.param('userId'));
    const list = [...who.devices].map(([deviceId, name]) => ({
      user_id: who.userId,
      device_id: deviceId,
      display_name: name ?? null,
      last_seen_user_agent: null,
      last_seen_ts: null,
      last_seen_ip: null,
    }));
    return ok({ devices: list, total: list.length });
  }),
  administrative('adminDeleteDevice', 'DELETE', `${devices}/{deviceId}`, (world, request) => {
    const who = localUser(world, request.param('userId'));
    world.users.deleteDevice(who.userId, request.param('deviceId'));
    return ok({});
  }),
  administrative(
    'adminDeleteDevices',
    'POST',
    `${admin}/v2/users/{userId}/delete_devices`,
    (world, request) => {
      const who = localUser(world, request.param('userId'));
      const { devices: given } = parseJsonObject(request.body);
      for (const deviceId of Array.isArray(given) ? given : []) {
        world.users.deleteDevice(who.userId, String(deviceId));
      }
      return ok({});
    },
  ),
];

function checkNotDelegated(world: World): void {
  if (world.settings.accountPage === undefined) return;
  throw new Refusal(404, 'M_UNRECOGNIZED', 'Unrecognized request');
}

function readCount(body: JsonObject, name: string): number {
  const value = body[name] ?? 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refusal(
    400,
    'M_INVALID_PARAM',
    `${JSON.stringify(value)} parameter must be a positive int`,
  );
}
