import type { Lane, LaneId, Target } from '../../../outbox/outbox.ts';
import { type ClaimedRow, claimedColumns, column } from '../claimed-row.ts';
import type { Connection } from '../connection.ts';
import type { LaneClaim } from '../lane-claims.ts';
import type { Names } from '../names.ts';
import { stateCodes } from '../state-codes.ts';
import { txnIdOf, typeOf } from '../usual-values.ts';
import { noteLate } from './note-late.ts';

/** A row as it is stored: the source is a number, and what is usual is null. */
type StoredRow = [
  seq: number,
  ordinal: number,
  notificationId: string,
  source: number,
  txnId: string | null,
  type: string | null,
  ...rest: unknown[],
];

/** As many as delivery asks for at once. */
const placesMax = 16;
const selectClaimed = `select ${claimedColumns} from entry e join content c on c.seq = e.seq
  where e.seq in (${Array(placesMax).fill('?').join()}) and e.state < ${stateCodes.delivered} order by e.seq`;
const setDistrusted = `update entry set state = ${stateCodes.unknown}, unknown_since = max(?, created_at),
    unknown_room_id = ?, unknown_device_id = ?
  where seq = ? and state = ${stateCodes.queued} returning source_id`;

/**
 * Takes entries and marks the lane. What an earlier claim covered and nobody released may be under way with the earlier
 * target: it becomes unknown, as after a crash.
 */
export function claim(
  connection: Connection,
  laneId: LaneId,
  request: {
    readonly afterSeq: number;
    readonly target: Target;
    readonly limit: number;
    readonly now: number;
  },
): ClaimedRow[] {
  const { claims } = connection;
  const { afterSeq, target, limit, now } = request;
  let earlier = claims.of(laneId);
  if (earlier !== undefined && !continues(earlier, afterSeq, target)) {
    distrust(connection, laneId, earlier);
    earlier = undefined;
  }
  const rows = readOwed(connection, laneId, afterSeq, limit);
  const last = rows.at(-1);
  if (last !== undefined && (earlier === undefined || last[0] > earlier.to)) {
    claims.write(laneId, { to: last[0], since: earlier?.since ?? now, target });
  }
  claims.setOpen(laneId, rows.length < limit);
  return noteLate(connection, rows, target.roomId, now);
}

/** The entries owed, after a place. What is here and owed no more, as another process ended it, is passed over. */
function readOwed(
  connection: Connection,
  laneId: LaneId,
  afterSeq: number,
  limit: number,
): ClaimedRow[] {
  const rows: ClaimedRow[] = [];
  for (let from = afterSeq; rows.length < limit; ) {
    const seqs = connection.owed.after(laneId, from, Math.min(limit - rows.length, placesMax));
    const last = seqs.at(-1);
    if (last === undefined) break;
    readPlaces(connection, laneId, seqs, rows);
    from = last;
  }
  return rows;
}

function readPlaces(
  { owed, names, statements }: Connection,
  laneId: LaneId,
  seqs: readonly number[],
  rows: ClaimedRow[],
): void {
  const read = statements.lists<StoredRow>(selectClaimed, ...padded(seqs));
  for (const row of read) rows.push(claimedRow(names, row));
  if (read.length === seqs.length) return;
  const found = new Set(read.map(([seq]) => seq));
  for (const seq of seqs) if (!found.has(seq)) owed.remove(laneId, seq);
}

function padded(seqs: readonly number[]): (number | null)[] {
  const places: (number | null)[] = [...seqs];
  while (places.length < placesMax) places.push(null);
  return places;
}

/** The row itself, with what its numbers and nulls stand for. */
function claimedRow(names: Names, stored: StoredRow): ClaimedRow {
  const row: unknown[] = stored;
  const { source, txnId, type, notificationId, ordinal } = column;
  row[txnId] = txnIdOf(stored[txnId], stored[notificationId], stored[ordinal]);
  row[source] = names.sourceName(stored[source]);
  row[type] = typeOf(stored[type]);
  return row as unknown as ClaimedRow;
}

/** Lets a lane go: what was claimed was not attempted. */
export function release({ claims }: Connection, laneId: LaneId, waits: string | undefined): void {
  claims.release(laneId, waits);
}

/** Notes what a lane waits for, and changes nothing else. */
export function noteWait({ statements }: Connection, laneId: LaneId, waits: string): void {
  statements.run(
    'update lane set waits = ?1 where lane_id = ?2 and waits is not ?1',
    waits,
    laneId,
  );
}

/** Makes unknown what a dead owner had claimed; how many entries. */
export function recover(connection: Connection): number {
  let unknown = 0;
  for (const [laneId, claim] of connection.claims.all()) {
    unknown += distrust(connection, laneId, claim);
  }
  return unknown;
}

/** The lanes that have something owed. */
export function lanesWithWork({ owed, statements }: Connection): Lane[] {
  return owed.lanes().flatMap((id) => {
    const [key] = statements.all<Lane['key']>(
      'select account, room from lane where lane_id = ?',
      id,
    );
    return key === undefined ? [] : [{ id: id as LaneId, key: { ...key } }];
  });
}

/** Whoever claims from the beginning took nothing before. */
function continues({ target }: LaneClaim, afterSeq: number, { roomId, deviceId }: Target): boolean {
  return afterSeq > 0 && target.roomId === roomId && target.deviceId === deviceId;
}

/** What was accepted after the claim, and so extended it, cannot have been attempted before it was there. */
function distrust(
  connection: Connection,
  laneId: number,
  { to, since, target }: LaneClaim,
): number {
  const { statements, tally, owed, claims } = connection;
  const places = owed.after(laneId, 0, Number.POSITIVE_INFINITY);
  let distrusted = 0;
  for (const seq of places) {
    if (seq > to) break;
    const row = statements.get<{ source_id: number }>(
      setDistrusted,
      since,
      target.roomId,
      target.deviceId,
      seq,
    );
    if (row === undefined) continue;
    tally.move(row.source_id, stateCodes.queued, stateCodes.unknown);
    distrusted++;
  }
  claims.end(laneId);
  return distrusted;
}
