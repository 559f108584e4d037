import { parseJsonObject } from '../json-content.ts';
import { putMembership } from '../membership.ts';
import { ok, Refusal, type Reply } from '../reply.ts';
import { authenticated, type FakeRequest, open, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

const profile = '/_matrix/client/v3/profile/{userId}';

/** Synapse's limit of a display name. */
const displaynameCharsMax = 256;

/** Profiles, client-server API §11.2.4. */
export const profileRoutes: readonly Route[] = [
  open('getUserProfile', 'GET', profile, (world, request) =>
    ok(Object.fromEntries(profileOf(world, request, 'M_UNKNOWN', 'No row found (profiles)'))),
  ),
  open('getProfileField', 'GET', `${profile}/{keyName}`, (world, request) => {
    const fields = profileOf(world, request, 'M_NOT_FOUND', 'Profile was not found');
    const name = request.param('keyName');
    const value = fields.get(name);
    return ok(value === undefined ? {} : { [name]: value });
  }),
  authenticated('setProfileField', 'PUT', `${profile}/{keyName}`, setField),
];

function profileOf(
  world: World,
  request: FakeRequest,
  errcode: string,
  error: string,
): Map<string, unknown> {
  const user = world.users.get(request.param('userId'));
  if (user === undefined) throw new Refusal(404, errcode, error);
  return user.profile;
}

function setField(world: World, request: FakeRequest, caller: Caller): Reply {
  const name = request.param('keyName');
  if (request.param('userId') !== caller.userId) {
    throw new Refusal(400, 'M_FORBIDDEN', `Cannot set another user's ${name}`);
  }
  const value = parseJsonObject(request.body)[name];
  if (value === undefined) throw new Refusal(400, 'M_MISSING_PARAM', `Missing key '${name}'`);
  if (name === 'displayname' && typeof value === 'string' && value.length > displaynameCharsMax) {
    throw new Refusal(400, 'M_UNKNOWN', `Displayname is too long (max ${displaynameCharsMax})`);
  }
  world.rateLimit.take(caller.userId);
  world.users.get(caller.userId)?.profile.set(name, value);
  for (const room of world.rooms.all()) {
    if (room.membership(caller.userId) === 'join') {
      putMembership(world, room, caller.userId, caller.userId, 'join');
    }
  }
  return ok({});
}
