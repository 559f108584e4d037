import { Failure } from '../../../errors.ts';
import type { Idempotency, NewEntry, Submission } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { hashText } from '../hash-text.ts';
import { stateCodes } from '../state-codes.ts';
import { writeAttachment } from './attachment.ts';

/** Whoever meets a full queue may ask again after this long: it empties at the speed of a homeserver. */
const queueFullRetryMs = 30_000;

/** What became of a submission, without what its sender knows already. */
export type AcceptReply =
  | { readonly kind: 'accepted'; readonly laneIds: readonly number[] }
  | { readonly kind: 'duplicate'; readonly id: string; readonly entries: number }
  | { readonly kind: 'conflict'; readonly id: string };

interface Earlier {
  readonly seq: number;
  readonly id: string;
  readonly digest: string;
  readonly created_at: number;
  readonly entries: number;
}

/**
 * Writes a submission down.
 * @throws Failure storage_busy or queue_full, before anything is written.
 */
export function accept(connection: Connection, submission: Submission): AcceptReply {
  const earlier = findEarlier(connection, submission);
  if (earlier !== undefined && earlier.kind !== 'outdated') return earlier;
  refuseIfFull(connection, submission);
  const { names, statements, nextSeq } = connection;
  if (earlier !== undefined) {
    statements.run(
      'update notification set idempotency = null, idempotency_hash = null where seq = ?',
      earlier.seq,
    );
  }
  const sourceId = names.source(submission.source);
  const { id, idempotency, entries } = submission;
  const key = idempotency === undefined ? undefined : storedKey(idempotency);
  const isNew = statements.run(
    `insert into notification values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
    nextSeq,
    id,
    sourceId,
    submission.origin ?? null,
    submission.key ?? null,
    key ?? null,
    key === undefined ? null : hashText(key),
    idempotency?.digest ?? null,
    submission.createdAt,
    entries.length,
  );
  // The same submission again: its caller could not know that it was written.
  if (isNew === 0) return { kind: 'duplicate', id, entries: entries.length };
  connection.takeSeqs(entries.length);
  connection.tally.add(sourceId, stateCodes.queued, entries.length);
  const laneIds = entries.map((entry, index) =>
    insertEntry(connection, nextSeq + index, { ordinal: index + 1, sourceId, entry }),
  );
  return { kind: 'accepted', laneIds };
}

/**
 * A key with a window names one body only, so its digest is part of it: another body under it is another message.
 * Without a window another body is a conflict, which can be told only if the digest is kept apart.
 */
function storedKey({ key, digest, windowMs }: Idempotency): string {
  return windowMs === undefined ? `k${key}` : `w${digest} ${key}`;
}

function findEarlier(
  { names, statements }: Connection,
  { source, idempotency, createdAt }: Submission,
): AcceptReply | { kind: 'outdated'; seq: number } | undefined {
  const sourceId = idempotency === undefined ? undefined : names.knownSource(source);
  if (idempotency === undefined || sourceId === undefined) return undefined;
  const key = storedKey(idempotency);
  const row = statements.get<Earlier>(
    `select seq, id, digest, created_at, entries from notification indexed by notification_idempotency
     where idempotency_hash = ? and idempotency = ? and source_id = ?`,
    hashText(key),
    key,
    sourceId,
  );
  if (row === undefined) return undefined;
  if (idempotency.windowMs === undefined) {
    if (row.digest !== idempotency.digest) return { kind: 'conflict', id: row.id };
  } else if (Math.abs(createdAt - row.created_at) >= idempotency.windowMs) {
    // Also after the clock was set back by more than the window: a lost message is worse than a repeated one.
    return { kind: 'outdated', seq: row.seq };
  }
  return { kind: 'duplicate', id: row.id, entries: row.entries };
}

function refuseIfFull({ names, tally, limits, refusesNew }: Connection, submission: Submission) {
  if (refusesNew) throw new Failure('storage_busy');
  const { source, entries } = submission;
  const { ofSource, total } = tally.pending(names.knownSource(source));
  const detail =
    total + entries.length > limits.queued
      ? `At most ${limits.queued} entries may be owed.`
      : ofSource + entries.length > limits.queuedPerSource
        ? `At most ${limits.queuedPerSource} entries of one source may be owed.`
        : undefined;
  if (detail === undefined) return;
  throw new Failure('queue_full', { detail, retryAfterMs: queueFullRetryMs });
}

function insertEntry(
  connection: Connection,
  seq: number,
  place: { readonly ordinal: number; readonly sourceId: number; readonly entry: NewEntry },
): number {
  const { names, statements, owed } = connection;
  const { entry } = place;
  const { attachment } = entry;
  const laneId = names.lane(entry.lane);
  statements.run(
    `insert into entry (seq, ordinal, lane_id, source_id, state, has_attachment, late_after_ms, expire_at, txn_id, type)
     values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)`,
    seq,
    place.ordinal,
    laneId,
    place.sourceId,
    attachment === undefined ? 0 : 1,
    entry.lateAfterMs ?? null,
    entry.expireAt ?? null,
    entry.txnId,
    entry.type,
  );
  statements.run('insert into content (seq, accepted) values (?, ?)', seq, entry.content);
  if (attachment !== undefined) writeAttachment(connection, seq, attachment);
  owed.add(laneId, seq);
  return laneId;
}
