import { parseUserId, serverName } from '../../matrix/ids.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { User } from './user.ts';
import type { World } from './world.ts';

/** What Synapse's admin API lists of a user. */
export function listedUser(user: User): JsonObject {
  return {
    name: user.userId,
    user_type: user.userType,
    is_guest: false,
    admin: user.admin,
    deactivated: user.deactivated,
    shadow_banned: false,
    displayname: user.profile.get('displayname') ?? null,
    avatar_url: user.profile.get('avatar_url') ?? null,
    creation_ts: user.createdMs,
    erased: user.erased,
    last_seen_ts: null,
    locked: user.locked,
  };
}

/** What it tells of one user; there the time of creation is in seconds. */
export function detailedUser(user: User): JsonObject {
  return {
    ...listedUser(user),
    creation_ts: Math.floor(user.createdMs / 1000),
    appservice_id: null,
    consent_server_notice_sent: null,
    consent_version: null,
    consent_ts: null,
    suspended: user.suspended,
    threepids: user.threepids,
    external_ids: user.externalIds,
  };
}

/**
 * The user that a path or body names.
 * @throws Refusal 400 for what is no local user id, 404 for nobody.
 */
export function localUser(
  world: World,
  text: string,
  notLocal: string = 'Can only look up local users',
): User {
  if (!text.startsWith('@')) {
    throw new Refusal(400, 'M_INVALID_PARAM', "Expected UserID string to start with '@'");
  }
  const userId = parseUserId(text);
  if (userId === undefined || serverName(userId) !== world.serverName) {
    throw new Refusal(400, 'M_UNKNOWN', notLocal);
  }
  const user = world.users.get(userId);
  if (user === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'User not found');
  return user;
}
