import { MatrixError } from '../../matrix/errors.ts';
import type { Session } from '../../matrix/session.ts';
import { isRateLimitLifted, liftRateLimit } from '../../matrix/synapse/rate-limit.ts';

/**
 * Frees the bot of rate limits, unless it is free already: then nothing is written. Undefined: it is free; else why it
 * stays limited, which makes everything slower and nothing impossible.
 * @throws TransportError
 */
export async function liftLimits(
  session: Session,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    if (await isRateLimitLifted(session, session.userId, signal)) return undefined;
    await liftRateLimit(session, session.userId, signal);
    return undefined;
  } catch (error) {
    if (error instanceof MatrixError) return error.message;
    throw error;
  }
}
