import type { SQLInputValue } from 'node:sqlite';
import type { DeadReason, EntryState, EntryView } from '../../../outbox/entry.ts';
import type { Counts, EntryFilter } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { isOwed, stateCodes, stateOf } from '../state-codes.ts';
import { txnIdOf, typeOf } from '../usual-values.ts';
import { findSeq, splitEntryId } from './find-entry.ts';

/** What the port promises as a page's greatest length. */
const pageMax = 10_000;

interface ViewRow {
  readonly ordinal: number;
  readonly notification_id: string;
  readonly source: string;
  readonly origin: string | null;
  readonly account: string;
  readonly room: string;
  readonly type: string | null;
  readonly txn_id: string | null;
  readonly key: string | null;
  readonly state: number;
  readonly reason: string | null;
  readonly event_id: string | null;
  readonly created_at: number;
  readonly settled_at: number | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly waits: string | null;
  readonly content_bytes: number;
}

const viewColumns = `e.ordinal, e.notification_id, s.name source, e.origin, l.account, l.room, e.type,
  e.txn_id, e.key, e.state, e.reason, e.event_id, e.created_at, e.settled_at, e.attempts, e.last_error,
  case when e.state < ${stateCodes.delivered} then l.waits end waits,
  octet_length(coalesce(c.final, c.accepted)) content_bytes`;

const anyEntry = 'entry e';
const viewJoins = `join content c on c.seq = e.seq
  join source s on s.source_id = e.source_id
  join lane l on l.lane_id = e.lane_id`;

/** The first place that is owed: one index probe, whatever the backlog. */
const firstOwed = `select min(seq) from entry indexed by entry_owed where state < ${stateCodes.delivered}`;
const selectOldest = `select created_at at from entry where seq = (${firstOwed})`;
const selectOwed = `select 1 from entry where seq = ? and state < ${stateCodes.delivered}`;
const selectEventId = `select event_id from entry where seq = ? and state = ${stateCodes.delivered}`;

/** A page of entries in outbox order. */
export function entries(connection: Connection, filter: EntryFilter): EntryView[] {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (condition: string, ...its: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...its);
  };
  const { states, room, source, createdBefore, notificationId, after } = filter;
  const among = states === undefined ? undefined : statesClause(states);
  if (among !== undefined) where(among.condition, among.mask);
  if (room !== undefined) where('l.room = ?', room);
  if (source !== undefined) where('s.name = ?', source);
  if (createdBefore !== undefined) where('e.created_at < ?', createdBefore);
  if (after !== undefined) where('e.seq > ?', cursor(connection, after));
  if (notificationId !== undefined) {
    const range = seqsOf(connection, notificationId);
    if (range === undefined) return [];
    where('e.seq between ? and ?', range.first, range.last);
  }
  values.push(Math.min(Math.max(filter.limit, 1), pageMax));
  const clause = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const sql = `select ${viewColumns} from ${among?.from ?? anyEntry} ${viewJoins} ${clause} order by e.seq`;
  return firstOrLast(connection, sql, values, filter).map(toView);
}

/** The first rows of a query that ends in its order, or the last of them. */
function firstOrLast(
  { statements }: Connection,
  sql: string,
  values: readonly SQLInputValue[],
  { newest }: Pick<EntryFilter, 'newest'>,
): ViewRow[] {
  if (newest !== true) return statements.all<ViewRow>(`${sql} limit ?`, ...values);
  return statements.all<ViewRow>(`${sql} desc limit ?`, ...values).reverse();
}

/** The views of these entries, in the order of their ids; what is not there is left out. */
export function views(connection: Connection, entryIds: readonly string[]): EntryView[] {
  return entryIds.flatMap((entryId) => {
    const seq = findSeq(connection, entryId);
    if (seq === undefined) return [];
    const sql = `select ${viewColumns} from entry e ${viewJoins} where e.seq = ?`;
    return connection.statements.all<ViewRow>(sql, seq).map(toView);
  });
}

/** The places of those among these entries that are still owed. */
export function pendingSeqs(connection: Connection, entryIds: readonly string[]): number[] {
  const seqs = entryIds.map((entryId) => findSeq(connection, entryId));
  return pendingAmong(
    connection,
    seqs.filter((seq) => seq !== undefined),
  );
}

/** Those among these places whose entries are still owed. */
export function pendingAmong({ statements }: Connection, seqs: readonly number[]): number[] {
  return seqs.filter((seq) => statements.get(selectOwed, seq) !== undefined);
}

/** An entry's content as it leaves, or as it was accepted where it is not final yet or can no longer be read. */
export function content(connection: Connection, entryId: string): string | undefined {
  const seq = findSeq(connection, entryId);
  if (seq === undefined) return undefined;
  const row = connection.statements.get<{ content: string }>(
    `select cast(case when sealed_room_id is null then coalesce(final, accepted) else accepted end as text) content
     from content where seq = ?`,
    seq,
  );
  return row?.content;
}

/** The event that an entry was delivered as. */
export function eventIdOf(connection: Connection, entryId: string): string | undefined {
  const seq = findSeq(connection, entryId);
  if (seq === undefined) return undefined;
  return connection.statements.get<{ event_id: string }>(selectEventId, seq)?.event_id;
}

/** The counts, from the tally. */
export function counts({ statements }: Connection): Counts {
  const rows = statements.all<{ source: string; state: number; count: number }>(
    `select s.name source, t.state, t.count from tally t join source s using (source_id)
     where t.count > 0 order by s.name, t.state`,
  );
  const oldest = statements.get<{ at: number }>(selectOldest);
  return {
    entries: rows.map(({ source, state, count }) => ({ source, state: stateOf(state), count })),
    oldestPendingAt: oldest?.at ?? undefined,
  };
}

/** A number that changes when another connection committed something. */
export function dataVersion({ statements }: Connection): number {
  const row = statements.get<{ data_version: number }>('pragma data_version');
  return row?.data_version ?? 0;
}

/**
 * Finds entries in few states without reading all that were ever delivered. The states are bound, as the bits of one
 * number: whatever list a caller makes of them, there are as many statements as there are cases here.
 */
function statesClause(states: readonly EntryState[]): {
  readonly from: string;
  readonly condition: string;
  readonly mask: number;
} {
  const codes = states.map((state) => stateCodes[state]);
  const mask = codes.reduce((bits, code) => bits | (1 << code), 0);
  const among = '(? >> e.state) & 1';
  if (codes.every(isOwed)) {
    return { from: anyEntry, condition: `${among} and e.seq >= (${firstOwed})`, mask };
  }
  if (codes.every((code) => code > stateCodes.delivered)) {
    const condition = `e.state > ${stateCodes.delivered} and ${among}`;
    return { from: `${anyEntry} indexed by entry_ended`, condition, mask };
  }
  return { from: anyEntry, condition: among, mask };
}

/** Where to go on after an entry, also when it was purged meanwhile: notification ids sort by time. */
function cursor(connection: Connection, after: string): number {
  const seq = findSeq(connection, after);
  if (seq !== undefined) return seq;
  const row = connection.statements.get<{ seq: number }>(
    `select seq from entry where (notification_id, ordinal) > (?, ?)
     order by notification_id, ordinal limit 1`,
    ...splitEntryId(after),
  );
  return row === undefined ? Number.MAX_SAFE_INTEGER : row.seq - 1;
}

function seqsOf({ statements }: Connection, notificationId: string) {
  return statements.get<{ first: number; last: number }>(
    `select seq - ordinal + 1 first, seq - ordinal + entries last from entry
     where notification_id = ? limit 1`,
    notificationId,
  );
}

function toView(row: ViewRow): EntryView {
  return {
    id: `${row.notification_id}-${row.ordinal}`,
    notificationId: row.notification_id,
    source: row.source,
    origin: row.origin ?? undefined,
    account: row.account,
    room: row.room,
    type: typeOf(row.type),
    txnId: txnIdOf(row.txn_id, row.notification_id, row.ordinal),
    key: row.key ?? undefined,
    state: stateOf(row.state),
    reason: (row.reason as DeadReason | null) ?? undefined,
    eventId: row.event_id ?? undefined,
    createdAt: row.created_at,
    settledAt: row.settled_at ?? undefined,
    attempts: row.attempts,
    lastError: row.last_error ?? undefined,
    laneWaits: row.waits ?? undefined,
    contentBytes: row.content_bytes,
  };
}
