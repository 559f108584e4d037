import { MatrixError, TransportError } from '../../matrix/errors.ts';
import type { Session } from '../../matrix/session.ts';
import { deactivateUser } from '../../matrix/synapse/account-state.ts';
import { BotTrouble } from './bot-trouble.ts';

/**
 * Ends an administrator that was made on a homeserver of another name than the file's, with its own token, as nobody
 * will ever need it; and says so as the trouble that it is.
 */
export async function endMistaken(
  mistaken: Session,
  detail: string,
  signal: AbortSignal,
): Promise<BotTrouble> {
  try {
    await deactivateUser(mistaken, mistaken.userId, { erase: false }, signal);
    return new BotTrouble('wrong_server', { detail });
  } catch (cause) {
    if (!(cause instanceof MatrixError || cause instanceof TransportError)) throw cause;
    const left = `${detail} Deactivate ${mistaken.userId}, which is an administrator: that failed.`;
    return new BotTrouble('wrong_server', { detail: left, cause });
  }
}
