import { encodePath } from '../encode-path.ts';
import type { RoomId, UserId } from '../ids.ts';
import { isJsonObject, textOf } from '../json.ts';
import type { Session } from '../session.ts';
import { sessionCall, sessionCallWith } from '../session-call.ts';

/** Which messages of a user are to be emptied. */
export interface UserRedaction {
  /** None: the rooms the user is in or banned from at this moment, so ask before it leaves them. */
  readonly rooms: readonly RoomId[];
  readonly reason?: string | undefined;
  /** At most this many in each room, the newest; Synapse's own default is 1000. */
  readonly limit?: number | undefined;
}

export interface RedactionStatus {
  readonly status: 'scheduled' | 'active' | 'complete' | 'failed';
  /** How many could not be redacted. */
  readonly failed: number;
}

const statuses: readonly string[] = ['scheduled', 'active', 'complete', 'failed'];

/** Begins to empty a user's messages (POST v1/user/{userId}/redact); ask `redactionStatus` how it goes. */
export async function redactUser(
  session: Session,
  userId: UserId,
  redaction: UserRedaction,
  signal: AbortSignal,
): Promise<string> {
  const path = encodePath`/_synapse/admin/v1/user/${userId}/redact`;
  const answer = await sessionCallWith(session, 'POST', path, redaction, signal);
  return answer.need('redact_id', textOf);
}

/** How a redaction goes (GET v1/user/redact_status/{redactId}). Synapse forgets it when it restarts: 404. */
export async function redactionStatus(
  session: Session,
  redactId: string,
  signal: AbortSignal,
): Promise<RedactionStatus> {
  const path = encodePath`/_synapse/admin/v1/user/redact_status/${redactId}`;
  const answer = await sessionCall(session, 'GET', path, signal);
  const failed = answer.object['failed_redactions'];
  return {
    status: answer.need('status', (value) =>
      typeof value === 'string' && statuses.includes(value)
        ? (value as RedactionStatus['status'])
        : undefined,
    ),
    failed: isJsonObject(failed) ? Object.keys(failed).length : 0,
  };
}
