import type { BotTroubleKind } from '../../deployment/bot/bot-trouble.ts';
import { Failure, type FailureCode } from '../../errors.ts';

const codes: Readonly<Record<BotTroubleKind, FailureCode>> = {
  unreachable: 'homeserver_unreachable',
  no_admin_api: 'homeserver_unusable',
  no_secret: 'not_logged_in',
  secret_unreadable: 'secret_unreadable',
  wrong_secret: 'login_refused',
  registration_disabled: 'login_refused',
  delegated: 'login_refused',
  name_refused: 'matrix_refused',
  wrong_server: 'config_invalid',
  another_account: 'config_invalid',
  token_file: 'secret_unreadable',
  not_recovered: 'login_refused',
};

/** Why the bot cannot work now, for a command that does not wait. */
export function botFailure(trouble: BotTroubleKind, detail: string): Failure {
  return new Failure(codes[trouble], { detail });
}
