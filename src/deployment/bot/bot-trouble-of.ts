import { MatrixError, TransportError } from '../../matrix/errors.ts';
import { BotTrouble } from './bot-trouble.ts';

/** What a call to the homeserver has thrown, as the bot's trouble; what is none of its kind is thrown on. */
export function botTroubleOf(thrown: unknown): BotTrouble {
  if (thrown instanceof BotTrouble) return thrown;
  if (thrown instanceof TransportError) {
    return new BotTrouble('unreachable', { detail: thrown.message, cause: thrown });
  }
  if (!(thrown instanceof MatrixError)) throw thrown;
  const { status, retryAfterMs, message } = thrown;
  if (status === 429 || status >= 500) {
    return new BotTrouble('unreachable', { detail: message, cause: thrown, retryAfterMs });
  }
  const detail = `${message}. Is it a Synapse, and are /_matrix and /_synapse/admin reachable there?`;
  return new BotTrouble('no_admin_api', { detail, cause: thrown });
}
