import { parseUserId, serverName, type UserId } from '../../../../matrix/ids.ts';
import { detailedUser, listedUser, localUser } from '../../admin-user-view.ts';
import { deactivate, reactivate } from '../../deactivation.ts';
import { isObject, parseJsonObject } from '../../json-content.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../../reply.ts';
import { administrative, type FakeRequest, type Route } from '../../route.ts';
import type { User } from '../../user.ts';
import type { Caller } from '../../users.ts';
import type { World } from '../../world.ts';
import { checkLocalpart } from '../registration-routes.ts';

const admin = '/_synapse/admin';
const oneUser = `${admin}/v2/users/{userId}`;

/** Synapse's page of users when none is asked for. */
const usersLimitDefault = 100;

/** Users, in Synapse's admin API. */
export const adminUserRoutes: readonly Route[] = [
  administrative('adminGetUser', 'GET', oneUser, (world, request) =>
    ok(detailedUser(localUser(world, request.param('userId')))),
  ),
  administrative('adminPutUser', 'PUT', oneUser, putUser),
  ...['v2', 'v3'].map((version) =>
    administrative('adminListUsers', 'GET', `${admin}/${version}/users`, listUsers),
  ),
  administrative(
    'adminUsernameAvailable',
    'GET',
    `${admin}/v1/username_available`,
    (world, request) => {
      const userId = checkLocalpart(world, request.query.get('username') ?? '');
      if (world.users.get(userId) === undefined) return ok({ available: true });
      throw new Refusal(400, 'M_USER_IN_USE', 'User ID already taken.');
    },
  ),
  administrative(
    'adminFindByExternalId',
    'GET',
    `${admin}/v1/auth_providers/{provider}/users/{externalId}`,
    (world, request) => {
      const found = holderOf(world, request.param('provider'), request.param('externalId'));
      if (found === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'User not found');
      return ok({ user_id: found.userId });
    },
  ),
];

function listUsers(world: World, request: FakeRequest): Reply {
  const wanted = (name: string) => request.query.get(name);
  const from = Number(wanted('from') ?? 0);
  const limit = Number(wanted('limit') ?? usersLimitDefault);
  const text = (wanted('name') ?? wanted('user_id') ?? '').toLowerCase();
  const isV3 = request.template.includes('/v3/');
  const deactivated = wanted('deactivated');
  const users = world.users
    .all()
    .filter((user) => user.userId.includes(text))
    // Version 3 shows all unless it is told, version 2 leaves out who is deactivated.
    .filter((user) => {
      if (isV3) return deactivated === null || user.deactivated === (deactivated === 'true');
      return deactivated === 'true' || !user.deactivated;
    })
    .filter((user) => wanted('locked') !== 'false' || !user.locked)
    .sort((one, other) => (one.userId < other.userId ? -1 : 1));
  const page = users.slice(from, from + limit);
  const end = from + page.length;
  return ok({
    users: page.map(listedUser),
    total: users.length,
    ...(end < users.length ? { next_token: String(end) } : {}),
  });
}

function putUser(world: World, request: FakeRequest, caller: Caller): Reply {
  const body = parseJsonObject(request.body);
  for (const name of ['admin', 'deactivated', 'locked']) checkBoolean(body, name);
  if (body['deactivated'] === true && body['locked'] === true) {
    throw new Refusal(400, 'M_UNKNOWN', "An user can't be deactivated and locked");
  }
  const userId = readTarget(world, request.param('userId'));
  const externalIds = readExternalIds(world, userId, body['external_ids']);
  if (userId === caller.userId && body['admin'] === false) {
    throw new Refusal(400, 'M_UNKNOWN', 'You may not demote yourself.');
  }
  const known = world.users.get(userId);
  const user = known ?? world.users.add(userId, undefined, false);
  change(world, user, body);
  if (externalIds !== undefined) user.externalIds = externalIds;
  // A new user is never deactivated at once.
  if (known !== undefined) changeActivity(world, user, body);
  return { status: known === undefined ? 201 : 200, body: detailedUser(user) };
}

/** Who is there already may have any name, who is to be made a new one's. */
function readTarget(world: World, text: string): UserId {
  const known = world.users.get(text);
  if (known !== undefined) return known.userId;
  const userId = parseUserId(text);
  if (userId !== undefined && serverName(userId) !== world.serverName) {
    throw new Refusal(400, 'M_UNKNOWN', 'This endpoint can only be used with local users');
  }
  return checkLocalpart(world, text.slice(1).split(':')[0] ?? '');
}

function change(world: World, user: User, body: JsonObject): void {
  const { admin: isAdmin, locked, password, displayname, avatar_url: avatarUrl } = body;
  if (typeof isAdmin === 'boolean') user.admin = isAdmin;
  if (typeof locked === 'boolean') user.locked = locked;
  if (typeof displayname === 'string') user.profile.set('displayname', displayname);
  if (typeof avatarUrl === 'string') user.profile.set('avatar_url', avatarUrl);
  if (body['user_type'] !== undefined) {
    user.userType = typeof body['user_type'] === 'string' ? body['user_type'] : null;
  }
  if (Array.isArray(body['threepids'])) user.threepids = body['threepids'].filter(isObject);
  if (typeof password !== 'string') return;
  user.password = password;
  if (body['logout_devices'] === false) return;
  for (const deviceId of [...user.devices.keys()]) world.users.deleteDevice(user.userId, deviceId);
}

function changeActivity(world: World, user: User, body: JsonObject): void {
  if (body['deactivated'] === true) deactivate(world, user, false);
  if (body['deactivated'] === false) reactivate(user);
}

function checkBoolean(body: JsonObject, name: string): void {
  const value = body[name];
  if (value === undefined || value === null || typeof value === 'boolean') return;
  throw new Refusal(400, 'M_BAD_JSON', `Param '${name}' must be a boolean, if given`);
}

function readExternalIds(
  world: World,
  ownId: string,
  value: unknown,
): User['externalIds'] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter(isObject).map((given) => {
    const provider = String(given['auth_provider']);
    const externalId = String(given['external_id']);
    const holder = holderOf(world, provider, externalId);
    if (holder !== undefined && holder.userId !== ownId) {
      throw new Refusal(409, 'M_UNKNOWN', 'External id is already in use.');
    }
    return { auth_provider: provider, external_id: externalId };
  });
}

function holderOf(world: World, provider: string, externalId: string): User | undefined {
  return world.users
    .all()
    .find((user) =>
      user.externalIds.some(
        (known) => known.auth_provider === provider && known.external_id === externalId,
      ),
    );
}
