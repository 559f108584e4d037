import { callText } from './call-text.ts';
import { encodePath } from './encode-path.ts';
import type { Session } from './session.ts';

/** What is asked of `/sync`. */
export interface SyncRequest {
  /** The last `next_batch`; undefined: from the beginning. */
  readonly since: string | undefined;
  /** A filter, as JSON text. */
  readonly filter: string;
  /** How long the homeserver may wait for news; 0: not at all. */
  readonly timeoutMs: number;
}

/** A first sync of an account in hundreds of rooms takes Synapse up to a minute. */
const answerMsMax = 60_000;

/**
 * What happened since a token, as the text that the homeserver answered (GET /v3/sync). The account is not shown as
 * online by it.
 */
export async function sync(
  session: Session,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<string> {
  const { since, filter, timeoutMs } = request;
  const path = encodePath`/_matrix/client/v3/sync?filter=${filter}&timeout=${String(timeoutMs)}&set_presence=offline`;
  return await callText(
    session,
    {
      method: 'GET',
      path: since === undefined ? path : path + encodePath`&since=${since}`,
      deadlineMs: timeoutMs + answerMsMax,
    },
    signal,
  );
}
