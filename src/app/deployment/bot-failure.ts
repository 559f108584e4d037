import type { BotTroubleKind } from '../../deployment/bot/bot-trouble.ts';
import { Failure, type FailureCode } from '../../errors.ts';

const codes: Readonly<Record<BotTroubleKind, FailureCode>> = {
  unreachable: 'homeserver_unreachable',
  no_admin_api: 'homeserver_unusable',
  no_secret: 'bot_refused',
  secret_unreadable: 'secret_unreadable',
  wrong_secret: 'bot_refused',
  registration_disabled: 'bot_refused',
  delegated: 'bot_refused',
  name_refused: 'matrix_refused',
  wrong_server: 'deployment_invalid',
  another_account: 'deployment_invalid',
  token_file: 'secret_unreadable',
  not_recovered: 'bot_refused',
};

/** Why the bot cannot work now, for a command that does not wait. */
export function botFailure(trouble: BotTroubleKind, detail: string): Failure {
  return new Failure(codes[trouble], { detail });
}
