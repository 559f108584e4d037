import { fileCredentialStore } from '../../accounts/credential-store.ts';
import type { AccountConfig, Config } from '../../config/config.ts';
import { toFailure } from '../../errors.ts';
import { MatrixError } from '../../matrix/errors.ts';
import { whoami } from '../../matrix/login.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import { accountOptions } from '../accounts.ts';
import { matrixFailure } from '../matrix-failure.ts';

/** What the homeserver says of an account's token, asked without changing anything. */
export type TokenState =
  | { readonly kind: 'valid' }
  /** Its time is over; it is renewed at the next use. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly words: string }
  /** There is none yet. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreachable'; readonly words: string };

export interface AccountState {
  readonly name: string;
  readonly userId: string | undefined;
  readonly homeserver: string | undefined;
  readonly deviceId: string | undefined;
  readonly token: TokenState;
}

async function ask(homeserver: string, accessToken: string, signal: AbortSignal) {
  const connection = openHomeserver(homeserver, { connections: 1 });
  try {
    const owner = await whoami(connection, accessToken, signal);
    return { owner, token: { kind: 'valid' } as const };
  } catch (thrown) {
    const words = toFailure(matrixFailure(thrown)).detail ?? '';
    const refused = thrown instanceof MatrixError && thrown.json && thrown.status === 401;
    const kind = refused ? 'refused' : 'unreachable';
    return { owner: undefined, token: { kind, words } as const };
  } finally {
    await connection.close();
  }
}

/** Where an account stands by what is kept of it and what its homeserver says. @throws Failure secret_unreadable */
export async function accountState(
  config: Pick<Config, 'dataDir'>,
  account: AccountConfig,
  now: number,
  signal: AbortSignal,
): Promise<AccountState> {
  const stored = await fileCredentialStore(config.dataDir).read(account.name);
  const configured = accountOptions(account).accessToken;
  const accessToken = stored?.accessToken ?? (await configured?.());
  const state = {
    name: account.name,
    userId: account.userId ?? stored?.userId,
    homeserver: account.homeserver ?? stored?.homeserver,
    deviceId: stored?.deviceId,
  };
  if (accessToken === undefined || state.homeserver === undefined) {
    return { ...state, token: { kind: 'none' } };
  }
  const isOver = stored?.expiresAt !== undefined && stored.expiresAt <= now;
  if (isOver && stored.refreshToken !== undefined) return { ...state, token: { kind: 'expired' } };
  const { owner, token } = await ask(state.homeserver, accessToken, signal);
  return {
    ...state,
    userId: owner?.userId ?? state.userId,
    deviceId: owner?.deviceId ?? state.deviceId,
    token,
  };
}
