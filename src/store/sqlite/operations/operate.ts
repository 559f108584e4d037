import type { Lane, LaneId, OperatorResult } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { stateCodes, stateOf } from '../state-codes.ts';
import { storedTxnId } from '../usual-values.ts';
import { moveAttachment } from './attachment.ts';
import { findSeq } from './find-entry.ts';

interface EntryRow {
  readonly seq: number;
  readonly lane_id: number;
  readonly source_id: number;
  readonly state: number;
  readonly reason: string | null;
  readonly claimed_to: number | null;
  readonly account: string;
  readonly room: string;
}

/** What became of a redrive, and the lane that has work now. */
export interface RedriveReply {
  readonly result: OperatorResult;
  readonly lane: Lane | undefined;
}

const redrivable: ReadonlySet<number> = new Set([
  stateCodes.dead,
  stateCodes.cancelled,
  stateCodes.expired,
]);

const setCancelled = `update entry set state = ${stateCodes.cancelled}, settled_at = ? where seq = ?`;
const setSuperseded = `update entry set state = ${stateCodes.superseded} where seq = ?`;
// An expiry that is over would end the copy at once, against the operator's wish.
const insertCopy = `insert into entry (seq, state, lane_id, source_id, has_attachment, notification_id, ordinal, entries,
    created_at, txn_id, type, late_after_ms, expire_at, origin, key)
  select ?1, ${stateCodes.queued}, lane_id, source_id, has_attachment, ?2, 1, 1, ?3, ?4, type, late_after_ms,
    case when expire_at > ?3 then expire_at end, origin, key
  from entry where seq = ?5`;

/** Withdraws an entry that is queued and not in the hands of delivery. */
export function cancel(connection: Connection, entryId: string, now: number): OperatorResult {
  const entry = findEntry(connection, entryId);
  if (entry === undefined) return { ok: false, problem: 'not_found' };
  const isClaimed = entry.claimed_to !== null && entry.seq <= entry.claimed_to;
  if (entry.state !== stateCodes.queued || isClaimed) {
    return { ok: false, problem: 'state', state: stateOf(entry.state) };
  }
  connection.statements.run(setCancelled, now, entry.seq);
  connection.owed.remove(entry.lane_id, entry.seq);
  connection.tally.move(entry.source_id, entry.state, stateCodes.cancelled);
  return { ok: true, id: entryId };
}

/** Puts a copy of an ended entry at its lane's end; its file moves along. */
export function redrive(
  connection: Connection,
  entryId: string,
  request: {
    readonly fresh: { readonly id: string; readonly txnId: string };
    readonly force: boolean;
    readonly now: number;
  },
): RedriveReply {
  const entry = findEntry(connection, entryId);
  if (entry === undefined) {
    return { result: { ok: false, problem: 'not_found' }, lane: undefined };
  }
  const needsForce = entry.reason === 'ambiguous';
  if (!redrivable.has(entry.state) || (needsForce && !request.force)) {
    const result = { ok: false, problem: 'state', state: stateOf(entry.state) } as const;
    return { result, lane: undefined };
  }
  copy(connection, entry, request);
  connection.statements.run(setSuperseded, entry.seq);
  connection.tally.move(entry.source_id, entry.state, stateCodes.superseded);
  const { lane_id: id, account, room } = entry;
  const lane: Lane = { id: id as LaneId, key: { account, room } };
  return { result: { ok: true, id: `${request.fresh.id}-1` }, lane };
}

function copy(
  connection: Connection,
  entry: EntryRow,
  { fresh, now }: { readonly fresh: { id: string; txnId: string }; readonly now: number },
): void {
  const { statements, nextSeq } = connection;
  statements.run(
    insertCopy,
    nextSeq,
    fresh.id,
    now,
    storedTxnId(fresh.txnId, fresh.id, 1),
    entry.seq,
  );
  statements.run(
    'insert into content (seq, accepted) select ?, accepted from content where seq = ?',
    nextSeq,
    entry.seq,
  );
  moveAttachment(connection, entry.seq, nextSeq);
  connection.takeSeqs(1);
  connection.owed.add(entry.lane_id, nextSeq);
  connection.tally.add(entry.source_id, stateCodes.queued, 1);
}

function findEntry(connection: Connection, entryId: string): EntryRow | undefined {
  const seq = findSeq(connection, entryId);
  if (seq === undefined) return undefined;
  return connection.statements.get<EntryRow>(
    `select seq, lane_id, source_id, state, reason, claimed_to, account, room
     from entry join lane using (lane_id)
     where seq = ?`,
    seq,
  );
}
