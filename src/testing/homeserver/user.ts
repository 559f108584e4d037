import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from './reply.ts';

/** What an administrator may have done to a user. */
export type Block = 'locked' | 'suspended' | 'deactivated';

export interface User {
  readonly userId: UserId;
  /** Undefined: nobody can log in with one. */
  password: string | undefined;
  admin: boolean;
  locked: boolean;
  suspended: boolean;
  deactivated: boolean;
  /** Their messages are hidden from who joins later. */
  erased: boolean;
  /** Such as `bot`; null for people. */
  userType: string | null;
  readonly createdMs: number;
  threepids: readonly JsonObject[];
  /** Identities of other services, by the name of the service. */
  externalIds: readonly { readonly auth_provider: string; readonly external_id: string }[];
  /** Display name, avatar and other profile fields. */
  readonly profile: Map<string, unknown>;
  /** Display names by device id. */
  readonly devices: Map<string, string | undefined>;
}

/** Somebody to whom nothing has happened yet. */
export function newUser(
  userId: UserId,
  password: string | undefined,
  admin: boolean,
  createdMs: number,
): User {
  return {
    userId,
    password,
    admin,
    locked: false,
    suspended: false,
    deactivated: false,
    erased: false,
    userType: null,
    createdMs,
    threepids: [],
    externalIds: [],
    profile: new Map<string, unknown>([['displayname', userId.slice(1).split(':')[0]]]),
    devices: new Map(),
  };
}
