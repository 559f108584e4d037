import type { Answer } from '../call.ts';
import { encodePath } from '../encode-path.ts';
import { parseUserId, type UserId } from '../ids.ts';
import { fromText, isJsonObject, type JsonObject, listOf, textOf } from '../json.ts';
import { foundOrUndefined } from '../rooms.ts';
import type { Session } from '../session.ts';
import { sessionCall, sessionCallWith } from '../session-call.ts';

/** An account as Synapse keeps it. */
export interface SynapseUser {
  readonly userId: UserId;
  readonly displayName: string | undefined;
  readonly admin: boolean;
  readonly deactivated: boolean;
  readonly erased: boolean;
  readonly locked: boolean;
  readonly suspended: boolean;
  readonly shadowBanned: boolean;
  /** `bot`, `support`, or undefined for a person. */
  readonly userType: string | undefined;
  readonly externalIds: readonly ExternalId[];
}

/** Who an account is to an identity provider. */
export interface ExternalId {
  /** `oidc-…` for OpenID Connect. */
  readonly provider: string;
  readonly externalId: string;
}

/** What is to change of an account; what is not named stays. */
export interface UserChange {
  readonly displayName?: string | undefined;
  readonly admin?: boolean | undefined;
  /** False lets a deactivated account be used again. */
  readonly deactivated?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly password?: string | undefined;
  /** Whether a new password ends all devices; Synapse's own default is true. */
  readonly logoutDevices?: boolean | undefined;
  /** All of them: what is not listed is removed. */
  readonly externalIds?: readonly ExternalId[] | undefined;
}

export interface UsersPage {
  readonly users: readonly ListedUser[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next: string | undefined;
}

/** What the list says of an account. */
export interface ListedUser {
  readonly userId: UserId;
  readonly displayName: string | undefined;
  readonly admin: boolean;
  readonly deactivated: boolean;
  readonly locked: boolean;
}

/** Which accounts to list. */
export interface UsersQuery {
  readonly from?: string | undefined;
  /** At most this many in one page. */
  readonly limit: number;
  /** Undefined: both. */
  readonly deactivated?: boolean | undefined;
  /** Part of the user id or display name. */
  readonly name?: string | undefined;
}

const userPath = (userId: UserId): string => encodePath`/_synapse/admin/v2/users/${userId}`;

/** An account (GET v2/users/{userId}); undefined: the homeserver has none of that name. For server administrators only. */
export async function readUser(
  session: Session,
  userId: UserId,
  signal: AbortSignal,
): Promise<SynapseUser | undefined> {
  const answer = await foundOrUndefined(sessionCall(session, 'GET', userPath(userId), signal));
  return answer === undefined ? undefined : synapseUser(answer, userId);
}

/**
 * Makes or changes an account (PUT v2/users/{userId}) and says how it is then.
 * @throws MatrixError 400 for what an account cannot be, 403 where passwords are switched off, 409 for an external id
 * that another account has.
 */
export async function putUser(
  session: Session,
  userId: UserId,
  change: UserChange,
  signal: AbortSignal,
): Promise<SynapseUser> {
  const body = {
    displayname: change.displayName,
    admin: change.admin,
    deactivated: change.deactivated,
    locked: change.locked,
    password: change.password,
    logout_devices: change.logoutDevices,
    external_ids: change.externalIds?.map(({ provider, externalId }) => ({
      auth_provider: provider,
      external_id: externalId,
    })),
  };
  return synapseUser(await sessionCallWith(session, 'PUT', userPath(userId), body, signal), userId);
}

/** A page of the homeserver's accounts by name, locked ones too (GET v3/users). */
export async function listUsers(
  session: Session,
  query: UsersQuery,
  signal: AbortSignal,
): Promise<UsersPage> {
  const { from, limit, deactivated, name } = query;
  const path = [
    encodePath`/_synapse/admin/v3/users?limit=${String(limit)}&locked=true`,
    from === undefined ? '' : encodePath`&from=${from}`,
    deactivated === undefined ? '' : encodePath`&deactivated=${String(deactivated)}`,
    name === undefined ? '' : encodePath`&name=${name}`,
  ].join('');
  const answer = await sessionCall(session, 'GET', path, signal);
  const users = answer.need('users', listOf).filter(isJsonObject).map(listedUser);
  const next = answer.object['next_token'];
  return {
    users: users.filter((user) => user !== undefined),
    next: typeof next === 'number' ? String(next) : textOf(next),
  };
}

/** SQLite's truths arrive as numbers. */
const truth = (value: unknown): boolean => value === true || value === 1;

function listedUser(user: JsonObject): ListedUser | undefined {
  const userId = fromText(parseUserId)(user['name']);
  if (userId === undefined) return undefined;
  return {
    userId,
    displayName: textOf(user['displayname']),
    admin: truth(user['admin']),
    deactivated: truth(user['deactivated']),
    locked: truth(user['locked']),
  };
}

function synapseUser(answer: Answer, userId: UserId): SynapseUser {
  const user = answer.object;
  if (user['name'] !== userId) throw answer.unusable('name');
  return {
    userId,
    displayName: textOf(user['displayname']),
    admin: truth(user['admin']),
    deactivated: truth(user['deactivated']),
    erased: truth(user['erased']),
    locked: truth(user['locked']),
    suspended: truth(user['suspended']),
    shadowBanned: truth(user['shadow_banned']),
    userType: textOf(user['user_type']),
    externalIds: (listOf(user['external_ids']) ?? []).filter(isJsonObject).map((id) => ({
      provider: String(id['auth_provider']),
      externalId: String(id['external_id']),
    })),
  };
}
