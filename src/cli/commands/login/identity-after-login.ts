import type { Proof } from '../../../accounts/log-in.ts';
import { type IdentityMade, setUpIdentity } from '../../../app/account-identity.ts';
import type { Config } from '../../../config/config.ts';
import { defaults } from '../../../config/defaults.ts';
import { type Failure, toFailure } from '../../../errors.ts';
import type { CliContext } from '../../context.ts';
import { callLimit } from '../call-limit.ts';
import type { ChosenAccount } from './choose-account.ts';

/** How an account stands after it logged in: an identity was made, was there, or could not be made. */
export type IdentityAfterLogin =
  | IdentityMade
  | { readonly kind: 'failed'; readonly failure: Failure };

interface JustLoggedIn {
  readonly config: Config;
  readonly account: ChosenAccount;
  readonly proof: Proof;
}

/**
 * Gives an account that has just logged in an identity, if it has none. A failure is told and not thrown: the login has
 * succeeded, and rooms that are not encrypted need nothing more.
 */
export async function identityAfterLogin(
  context: CliContext,
  { config, account, proof }: JustLoggedIn,
): Promise<IdentityAfterLogin> {
  const { name, userId, homeserver, configured } = account;
  const sharing = configured?.sharing ?? defaults.sharing;
  const signal = callLimit(context);
  const call = {
    config,
    // What was just stored is what it speaks with.
    account: { name, userId, homeserver, accessToken: undefined, password: undefined, sharing },
    signal,
    onEvent: () => undefined,
  };
  const password = 'password' in proof ? proof.password : undefined;
  try {
    return await setUpIdentity(call, () => Promise.resolve(password));
  } catch (thrown) {
    return { kind: 'failed', failure: toFailure(thrown) };
  }
}
