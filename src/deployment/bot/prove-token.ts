import { MatrixError } from '../../matrix/errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import type { UserId } from '../../matrix/ids.ts';
import { whoami } from '../../matrix/login.ts';
import type { Session } from '../../matrix/session.ts';
import { readUser } from '../../matrix/synapse/users.ts';

/** What a token is worth. */
export type TokenProof =
  | { readonly kind: 'good'; readonly session: Session }
  | { readonly kind: 'another_account'; readonly userId: UserId }
  | { readonly kind: 'damaged'; readonly damage: AccountDamage };

/** What has happened to the bot's account or token; all of it can be mended by another administrator. */
export type AccountDamage = 'revoked' | 'locked' | 'deactivated' | 'no_admin' | 'suspended';

const damageByCode: Readonly<Record<string, AccountDamage>> = {
  M_UNKNOWN_TOKEN: 'revoked',
  M_MISSING_TOKEN: 'revoked',
  M_USER_LOCKED: 'locked',
  M_USER_DEACTIVATED: 'deactivated',
};

/**
 * Finds out whose token this is, and whether it may administer: Synapse answers some questions of administrators to
 * anybody, so it is asked one that it does not.
 * @throws MatrixError, TransportError when the answer says nothing of the token.
 */
export async function proveToken(
  homeserver: Homeserver,
  accessToken: string,
  userId: UserId,
  signal: AbortSignal,
): Promise<TokenProof> {
  try {
    const owner = await whoami(homeserver, accessToken, signal);
    if (owner.userId !== userId) return { kind: 'another_account', userId: owner.userId };
    const session = { homeserver, accessToken, userId, deviceId: owner.deviceId ?? '' };
    const user = await readUser(session, userId, signal);
    if (user?.suspended === true) return { kind: 'damaged', damage: 'suspended' };
    return { kind: 'good', session };
  } catch (error) {
    const damage = damageOf(error);
    if (damage === undefined) throw error;
    return { kind: 'damaged', damage };
  }
}

function damageOf(error: unknown): AccountDamage | undefined {
  if (!(error instanceof MatrixError) || !error.json) return undefined;
  const named = damageByCode[error.errcode];
  if (named !== undefined && (error.status === 401 || error.status === 403)) return named;
  return error.status === 403 && error.errcode === 'M_FORBIDDEN' ? 'no_admin' : undefined;
}
