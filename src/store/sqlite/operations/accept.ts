import { Failure } from '../../../errors.ts';
import type { Idempotency, NewEntry, Submission } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { hashText } from '../hash-text.ts';
import { stateCodes } from '../state-codes.ts';
import { failureOf } from '../store-failure.ts';
import { storedTxnId, storedType } from '../usual-values.ts';
import { writeAttachment } from './attachment.ts';

/** Whoever meets a full queue may ask again after this long: it empties at the speed of a homeserver. */
const queueFullRetryMs = 30_000;

/**
 * What comes for a lane that owes more than this is to be claimed: after a crash all that was claimed counts as attempted,
 * and nobody may cancel it before.
 */
const coveredMax = 32;

/** An entry as it is stored: its content is UTF-8 bytes. */
export type StoredEntry = Omit<NewEntry, 'content'> & { readonly content: Uint8Array };

/** A submission with such entries. */
export type StoredSubmission = Omit<Submission, 'entries'> & {
  readonly entries: readonly StoredEntry[];
};

/** What became of a submission, without what its sender knows already. */
export type AcceptReply =
  | {
      readonly kind: 'accepted';
      readonly laneIds: readonly number[];
      /** Set for a single entry that its lane's present claim covers. */
      readonly covered?: CoveredPlace | undefined;
    }
  | { readonly kind: 'duplicate'; readonly id: string; readonly entries: number }
  | { readonly kind: 'conflict'; readonly id: string };

/** Where an entry stands that its lane's present claim covers. */
export interface CoveredPlace {
  readonly seq: number;
  /** The place of the lane's last owed entry before it; 0: there is none. */
  readonly after: number;
}

/** An idempotency key as it is stored. */
interface StoredKey {
  readonly text: string;
  readonly hash: number;
}

interface Earlier {
  readonly id: string;
  readonly digest: string;
  readonly created_at: number;
  readonly entries: number;
}

const insertEntry = `insert into entry (seq, state, lane_id, source_id, has_attachment, notification_id, ordinal, entries,
    created_at, txn_id, type, late_after_ms, expire_at, origin, key, idempotency, idempotency_hash, digest)
  values (?, ${stateCodes.queued}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (notification_id, ordinal) do nothing`;
const insertContent = 'insert into content (seq, accepted) values (?, ?)';

/**
 * Writes a submission down.
 * @throws Failure storage_busy, storage_full, storage_failed or queue_full, before anything is written.
 */
export function accept(connection: Connection, submission: StoredSubmission): AcceptReply {
  const { names, statements, tally } = connection;
  const { id, source, idempotency, entries } = submission;
  const knownSourceId = names.knownSource(source);
  const key = idempotency === undefined ? undefined : storedKey(idempotency);
  const earlier = findEarlier(connection, submission, key, knownSourceId);
  if (earlier !== undefined && earlier.kind !== 'outdated') return earlier;
  refuseIfFull(connection, submission, knownSourceId);
  if (earlier !== undefined) {
    statements.run(
      'update entry set idempotency = null, idempotency_hash = null where notification_id = ?',
      earlier.id,
    );
  }
  // The same submission again: its caller could not know that it was written.
  const duplicate = { kind: 'duplicate', id, entries: entries.length } as const;
  if (entries.length > 1 && isPartlyThere(connection, id)) return duplicate;
  const sourceId = knownSourceId ?? names.source(source);
  const laneIds: number[] = [];
  for (const entry of entries) {
    const ordinal = laneIds.length + 1;
    const laneId = writeEntry(connection, { submission, sourceId, key, ordinal, entry });
    if (laneId === undefined) return duplicate;
    laneIds.push(laneId);
  }
  tally.add(sourceId, stateCodes.queued, laneIds.length);
  connection.diskWasFull = false;
  return { kind: 'accepted', laneIds, covered: coveredPlace(connection, entries, laneIds) };
}

/**
 * Extends the claim of the lane of what was just written to it, in the same transaction. Decision 0011 holds by four
 * conditions: the lane's claim handed out all that the lane owed and is still open; this is the only entry of its
 * submission, and without a file, so that it can be handed out as it came; nothing that the claim does not cover, such as
 * what another process wrote, stands before it in the lane; and a crash makes no more than `coveredMax` entries unknown.
 * An entry that the claim does not cover ends its openness: what comes behind it must not go before it.
 */
function coveredPlace(
  { owed, claims, nextSeq }: Connection,
  [entry]: readonly StoredEntry[],
  [laneId, ...others]: readonly number[],
): CoveredPlace | undefined {
  if (laneId === undefined) return undefined;
  const openTo = claims.openTo(laneId);
  const isOpen = openTo !== undefined;
  if (!isOpen) return undefined;
  const seq = nextSeq - 1;
  const after = owed.before(laneId, seq);
  const isAlone = others.length === 0 && entry?.attachment === undefined;
  const isNext = after <= openTo;
  const isBounded = owed.count(laneId) <= coveredMax;
  if (!isAlone || !isNext || !isBounded) {
    claims.setOpen(laneId, false);
    return undefined;
  }
  claims.extend(laneId, seq);
  return { seq, after };
}

/**
 * A key with a window names one body only, so its digest is part of it: another body under it is another message.
 * Without a window another body is a conflict, which can be told only if the digest is kept apart.
 */
function storedKey({ key, digest, windowMs }: Idempotency): StoredKey {
  const text = windowMs === undefined ? `k${key}` : `w${digest} ${key}`;
  return { text, hash: hashText(text) };
}

function findEarlier(
  { statements }: Connection,
  { idempotency, createdAt }: StoredSubmission,
  key: StoredKey | undefined,
  sourceId: number | undefined,
): AcceptReply | { kind: 'outdated'; id: string } | undefined {
  if (idempotency === undefined || key === undefined || sourceId === undefined) return undefined;
  const row = statements.get<Earlier>(
    `select notification_id id, digest, created_at, entries from entry indexed by entry_idempotency
     where idempotency_hash = ? and idempotency = ? and source_id = ? limit 1`,
    key.hash,
    key.text,
    sourceId,
  );
  if (row === undefined) return undefined;
  if (idempotency.windowMs === undefined) {
    if (row.digest !== idempotency.digest) return { kind: 'conflict', id: row.id };
  } else if (Math.abs(createdAt - row.created_at) >= idempotency.windowMs) {
    // Also after the clock was set back by more than the window: a lost message is worse than a repeated one.
    return { kind: 'outdated', id: row.id };
  }
  return { kind: 'duplicate', id: row.id, entries: row.entries };
}

function refuseIfFull(
  { tally, limits, refusesNew }: Connection,
  { entries }: StoredSubmission,
  sourceId: number | undefined,
) {
  if (refusesNew !== undefined) throw failureOf(refusesNew);
  const { ofSource, total } = tally.pending(sourceId);
  const detail =
    total + entries.length > limits.queued
      ? `At most ${limits.queued} entries may be owed.`
      : ofSource + entries.length > limits.queuedPerSource
        ? `At most ${limits.queuedPerSource} entries of one source may be owed.`
        : undefined;
  if (detail === undefined) return;
  throw new Failure('queue_full', { detail, retryAfterMs: queueFullRetryMs });
}

/** Whether any entry of a notification is there, the first of which may be purged. */
function isPartlyThere({ statements }: Connection, id: string): boolean {
  return statements.get('select 1 from entry where notification_id = ? limit 1', id) !== undefined;
}

/** The entry's lane; undefined: it is there already. */
function writeEntry(
  connection: Connection,
  place: {
    readonly submission: StoredSubmission;
    readonly sourceId: number;
    readonly key: StoredKey | undefined;
    readonly ordinal: number;
    readonly entry: StoredEntry;
  },
): number | undefined {
  const { names, statements, owed, nextSeq: seq } = connection;
  const { submission, sourceId, key, ordinal, entry } = place;
  const { id } = submission;
  const { attachment } = entry;
  const laneId = names.lane(entry.lane);
  const isNew = statements.run(
    insertEntry,
    seq,
    laneId,
    sourceId,
    attachment === undefined ? 0 : 1,
    id,
    ordinal,
    submission.entries.length,
    submission.createdAt,
    storedTxnId(entry.txnId, id, ordinal),
    storedType(entry.type),
    entry.lateAfterMs ?? null,
    entry.expireAt ?? null,
    submission.origin ?? null,
    submission.key ?? null,
    key?.text ?? null,
    key?.hash ?? null,
    submission.idempotency?.digest ?? null,
  );
  if (isNew === 0) return undefined;
  connection.takeSeqs(1);
  statements.run(insertContent, seq, entry.content);
  if (attachment !== undefined) writeAttachment(connection, seq, attachment);
  owed.add(laneId, seq);
  return laneId;
}
