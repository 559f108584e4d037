import { z } from 'zod';
import type { UserId } from '../../matrix/ids.ts';
import { type BuildContext, secretReference } from '../build-context.ts';
import { type AccountConfig, type Sharing, sharings } from '../config.ts';
import { homeserverAddress, name, path, type Shape, secretText, token, userId } from '../fields.ts';
import type { Secret } from '../secret.ts';

/** An account as the file has it. */
export interface AccountInput {
  readonly user_id: UserId | undefined;
  readonly homeserver: string | undefined;
  readonly access_token: Secret | undefined;
  readonly access_token_file: string | undefined;
  readonly password: Secret | undefined;
  readonly password_file: string | undefined;
  readonly sharing: Sharing;
}

const shape: Shape<AccountInput> = {
  user_id: userId
    .optional()
    .describe('The Matrix user that speaks; may be left out beside `homeserver` and a token.'),
  homeserver: homeserverAddress
    .optional()
    .describe(
      "Base address of the homeserver. Default: what the user's server says by .well-known.",
    ),
  access_token: token
    .optional()
    .describe('Access token of a device of this user. Default: the one `bellhop login` has kept.'),
  access_token_file: path.optional().describe('A file with the access token.'),
  password: secretText.optional().describe('Password to log in with, instead of a token.'),
  password_file: path.optional().describe('A file with the password.'),
  sharing: z
    .enum(sharings)
    .default('cross-signed')
    .describe(
      'Who can read what this account encrypts: devices that their owner has signed, or `all-devices` for places with old clients.',
    ),
};

/** The Matrix users that speak, by name; the first is the default. */
export const accountsSchema: z.ZodType<Record<string, AccountInput>> = z.record(
  name,
  z.strictObject(shape),
);

/** One account, with its paths absolute. */
export function toAccount(
  accountName: string,
  input: AccountInput,
  context: BuildContext,
): AccountConfig {
  const place = ['accounts', accountName];
  const hasToken =
    context.has([...place, 'access_token']) || context.has([...place, 'access_token_file']);
  const passwordKey = ['password', 'password_file'].find((key) => context.has([...place, key]));
  if (hasToken && passwordKey !== undefined) {
    context.report([...place, passwordKey], 'stands beside an access token; keep one of them');
  }
  return {
    name: accountName,
    userId: input.user_id,
    homeserver: input.homeserver,
    accessToken: secretReference(
      context,
      place,
      'access_token',
      input.access_token,
      input.access_token_file,
    ),
    password: secretReference(context, place, 'password', input.password, input.password_file),
    sharing: input.sharing,
  };
}
