import type { Submission } from '../../outbox/outbox.ts';
import type { StoredSubmission } from './operations/accept.ts';

/** A submission as it is written down: its contents as bytes, which no one need translate on the way to the disk. */
export function storedSubmission(submission: Submission): StoredSubmission {
  const { id, source, origin, key, idempotency, createdAt } = submission;
  const entries = submission.entries.map((entry) => ({
    ...entry,
    content: Buffer.from(entry.content),
  }));
  return { id, source, origin, key, idempotency, createdAt, entries };
}
