import { parseUserId, type UserId } from '../../../matrix/ids.ts';
import { isObject, parseJsonObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import { syncDeviceLists } from '../sync-device-lists.ts';
import { readSyncFilter } from '../sync-filter.ts';
import { syncRooms } from '../sync-rooms.ts';
import { parseSyncToken } from '../sync-token.ts';
import type { User } from '../user.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const keys = '/_matrix/client/v3/keys';

/** Keys of devices and of cross-signing, client-server API §10.12 and §10.13. */
export const keyRoutes: readonly Route[] = [
  authenticated('uploadKeys', 'POST', `${keys}/upload`, uploadKeys),
  authenticated('queryKeys', 'POST', `${keys}/query`, queryKeys),
  authenticated('claimKeys', 'POST', `${keys}/claim`, (world, request) => {
    const wanted = objectOf(parseJsonObject(request.body), 'one_time_keys');
    const claimed = mapDevices(wanted, (userId, deviceId, algorithm) =>
      world.deviceKeys.claim(userId, deviceId, String(algorithm)),
    );
    return ok({ one_time_keys: claimed, failures: {} });
  }),
  authenticated('getKeysChanges', 'GET', `${keys}/changes`, (world, request, caller) => {
    const from = request.query.get('from');
    if (from === null) {
      throw new Refusal(400, 'M_MISSING_PARAM', 'Missing string query parameter from');
    }
    const since = parseSyncToken(from).position;
    const rooms = syncRooms({ world, caller, since, filter: readSyncFilter({}) });
    return ok(syncDeviceLists(world, caller, since, rooms));
  }),
  authenticated(
    'uploadCrossSigningKeys',
    'POST',
    `${keys}/device_signing/upload`,
    uploadSigningKeys,
  ),
  authenticated(
    'uploadCrossSigningSignatures',
    'POST',
    `${keys}/signatures/upload`,
    (world, request, caller) => {
      const failures: Record<string, Record<string, unknown>> = {};
      mapDevices(parseJsonObject(request.body), (target, id, signed) => {
        if (isObject(signed) && world.crossSigning.sign(caller.userId, target, id, signed)) return;
        failures[target] ??= {};
        failures[target][id] = { errcode: 'M_NOT_FOUND', error: 'Unknown device' };
      });
      return ok({ failures });
    },
  ),
];

function uploadKeys(world: World, request: FakeRequest, caller: Caller): Reply {
  const body = parseJsonObject(request.body);
  const { userId, deviceId } = caller;
  if (deviceId === undefined) {
    throw new Refusal(
      400,
      'M_UNKNOWN',
      'To upload keys, you must pass device_id when authenticating',
    );
  }
  const { device_keys: identity, one_time_keys: oneTime, fallback_keys: fallback } = body;
  if (isObject(identity)) {
    checkOwner('user_id', identity['user_id'], userId, 'user');
    checkOwner('device_id', identity['device_id'], deviceId, 'user device');
    world.deviceKeys.setIdentity(userId, deviceId, identity);
  }
  if (isObject(oneTime)) world.deviceKeys.addOneTimeKeys(userId, deviceId, oneTime);
  if (isObject(fallback)) world.deviceKeys.setFallbackKeys(userId, deviceId, fallback);
  return ok({ one_time_key_counts: world.deviceKeys.counts(userId, deviceId) });
}

function checkOwner(field: string, given: unknown, own: string, whose: string): void {
  if (given === own) return;
  throw new Refusal(
    400,
    'M_BAD_JSON',
    `Provided \`${field}\` in \`device_keys\` does not match that of the authenticated ${whose}`,
  );
}

function queryKeys(world: World, request: FakeRequest, caller: Caller): Reply {
  const asked = objectOf(parseJsonObject(request.body), 'device_keys');
  const answer = {
    device_keys: {} as Record<string, JsonObject>,
    master_keys: {} as Record<string, JsonObject>,
    self_signing_keys: {} as Record<string, JsonObject>,
    user_signing_keys: {} as Record<string, JsonObject>,
  };
  for (const [text, deviceIds] of Object.entries(asked)) {
    const userId = parseUserId(text);
    if (userId === undefined) continue;
    answer.device_keys[userId] = devicesOf(world, userId, deviceIds, caller.userId);
    for (const name of ['master_key', 'self_signing_key', 'user_signing_key'] as const) {
      const key = world.crossSigning.key(userId, name, caller.userId);
      if (key !== undefined) answer[`${name}s`][userId] = key;
    }
  }
  return ok({ ...answer, failures: {} });
}

/** An empty list of ids asks for all devices. */
function devicesOf(
  world: World,
  userId: UserId,
  deviceIds: unknown,
  observer: UserId,
): Record<string, JsonObject> {
  const wanted = Array.isArray(deviceIds) && deviceIds.length > 0 ? deviceIds : undefined;
  const names = world.users.get(userId)?.devices;
  const devices: Record<string, JsonObject> = {};
  for (const [deviceId, identity] of world.deviceKeys.identities(userId)) {
    if (wanted?.includes(deviceId) === false) continue;
    const name = names?.get(deviceId);
    devices[deviceId] = {
      ...world.crossSigning.withSignatures(userId, deviceId, identity, observer),
      unsigned: name === undefined ? {} : { device_display_name: name },
    };
  }
  return devices;
}

/** The first keys and the same again need no proof; to replace them does. */
function uploadSigningKeys(world: World, request: FakeRequest, caller: Caller): Reply {
  const body = parseJsonObject(request.body);
  const { userId } = caller;
  if (world.crossSigning.isSame(userId, body)) return ok({});
  const user = world.users.get(userId);
  if (user !== undefined && world.crossSigning.has(userId)) {
    const challenge = resetChallenge(world, user, body);
    if (challenge !== undefined) return challenge;
  }
  if (body['master_key'] === undefined && !world.crossSigning.has(userId)) {
    throw new Refusal(400, 'M_MISSING_PARAM', 'No master key available');
  }
  world.crossSigning.set(userId, body);
  return ok({});
}

/** With an account page the proof is a step there, not the password. */
function resetChallenge(world: World, user: User, body: JsonObject): Reply | undefined {
  const { accountPage, identityResetAllowed } = world.settings;
  if (accountPage === undefined) return world.interactiveAuth.challenge(user, body);
  if (identityResetAllowed) return undefined;
  const url = `${accountPage}?action=org.matrix.cross_signing_reset`;
  const flows = [{ stages: ['m.oauth'] }, { stages: ['org.matrix.cross_signing_reset'] }];
  const params = { 'm.oauth': { url }, 'org.matrix.cross_signing_reset': { url } };
  const msg = `To reset your end-to-end encryption cross-signing identity, you first need to approve it at ${url} and then try again.`;
  return { status: 401, body: { session: 'dummy', flows, params, msg } };
}

function objectOf(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  if (!isObject(value)) {
    throw new Refusal(400, 'M_BAD_JSON', `'${name}' must be a JSON object`);
  }
  return value;
}

/** Asks `look` about each device of each user, and keeps what it finds. */
function mapDevices(
  users: JsonObject,
  look: (userId: UserId, deviceId: string, value: unknown) => unknown,
): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [text, devices] of Object.entries(users)) {
    const userId = parseUserId(text);
    if (userId === undefined || !isObject(devices)) continue;
    for (const [deviceId, value] of Object.entries(devices)) {
      const result = look(userId, deviceId, value);
      if (result === undefined) continue;
      found[userId] ??= {};
      found[userId][deviceId] = result;
    }
  }
  return found;
}
