import type { DeadReason } from '../../../outbox/entry.ts';
import type { Postponement, Settlement, Target } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { stateCodes } from '../state-codes.ts';
import { deleteAttachment } from './attachment.ts';

interface PendingRow {
  readonly source_id: number;
  readonly state: number;
  readonly unknown_since: number | null;
  readonly unknown_room_id: string | null;
  readonly unknown_device_id: string | null;
}

/** A settlement as a list, which crosses to another thread at a fraction of an object's cost. */
export type End = readonly [
  seq: number,
  at: number,
  state: Settlement['state'],
  eventId?: string | undefined,
  reason?: DeadReason | undefined,
  error?: string | undefined,
];

/** The list that stands for a settlement. */
export function endOf(settlement: Settlement): End {
  const { seq, at, state } = settlement;
  switch (state) {
    case 'delivered':
      return [seq, at, state, settlement.eventId];
    case 'dead':
      return [seq, at, state, undefined, settlement.reason, settlement.error];
    case 'expired':
      return [seq, at, state];
  }
}

/** What settling an owed entry must know of it. */
type OwedRow = readonly [sourceId: number, laneId: number, hasAttachment: number, state: number];

const selectOwed = `select source_id, lane_id, has_attachment, state from entry
  where seq = ? and state < ${stateCodes.delivered}`;
const setDelivered = `update entry set state = ${stateCodes.delivered}, settled_at = ?, event_id = ?,
    attempts = attempts + 1 where seq = ?`;
const setEnded = `update entry set state = ?, settled_at = ?, reason = ?, last_error = coalesce(?, last_error),
    attempts = attempts + ? where seq = ?`;
const setUnknown = `update entry set state = ${stateCodes.unknown}, unknown_since = ?, unknown_room_id = ?,
    unknown_device_id = ? where seq = ?`;
const selectPending = `select source_id, state, unknown_since, unknown_room_id, unknown_device_id from entry
  where seq = ? and state < ${stateCodes.delivered}`;
const setFinal = `update content set final = ?, sealed_room_id = ?, sealed_device_id = ? where seq = ? and exists (
    select 1 from entry where entry.seq = content.seq and state < ${stateCodes.delivered})`;
const selectByEvent = `select 1 from entry indexed by entry_delivered
  where state = ${stateCodes.delivered} and event_id = ? limit 1`;

/** Records ends; what is settled already stays as it is. */
export function settle(connection: Connection, ends: readonly End[]): void {
  for (const end of ends) settleOne(connection, end);
}

/**
 * Looks before it writes: RETURNING would tell the same, but keeps it in a table of its own first, which costs more than
 * the update.
 */
function settleOne(connection: Connection, end: End): void {
  const { statements, tally, owed } = connection;
  const [seq, at, state, eventId = null, reason = null, error = null] = end;
  const row = statements.list<OwedRow>(selectOwed, seq);
  if (row === undefined) return;
  const [sourceId, laneId, hasAttachment, before] = row;
  if (state === 'delivered') {
    statements.run(setDelivered, at, eventId, seq);
    // Nobody can redrive what was delivered, so nobody needs its file.
    if (hasAttachment === 1) deleteAttachment(connection, seq);
  } else {
    const attempts = state === 'expired' ? 0 : 1;
    statements.run(setEnded, stateCodes[state], at, reason, error, attempts, seq);
  }
  owed.remove(laneId, seq);
  tally.move(sourceId, before, stateCodes[state]);
}

/** Records a failed attempt; the rest of what was claimed was not attempted. */
export function postpone(connection: Connection, postponement: Postponement): void {
  const { statements, claims } = connection;
  const { seq, error, failures } = postponement;
  const pending = findPending(connection, seq);
  if (pending !== undefined) {
    statements.run(
      `update entry set attempts = attempts + 1, last_error = ?, failures = ?, failures_since = ? where seq = ?`,
      error,
      failures.count,
      failures.since ?? null,
      seq,
    );
    if (postponement.unknown !== undefined) makeUnknown(connection, pending, postponement);
  }
  claims.end(postponement.lane);
}

/** Forgets where an entry of unknown fate may have gone before. */
export function noteAbsent(
  { statements }: Connection,
  seq: number,
  since: number,
  target: Target,
): void {
  statements.run(
    'update entry set unknown_since = ?, unknown_room_id = ?, unknown_device_id = ? where seq = ?',
    since,
    target.roomId,
    target.deviceId,
    seq,
  );
}

/** Stores an entry's final content, UTF-8 bytes, beside the first one, which a redrive starts from. */
export function complete(
  { statements }: Connection,
  seq: number,
  content: Uint8Array,
  sealedFor: Target | undefined,
): void {
  statements.run(setFinal, content, sealedFor?.roomId ?? null, sealedFor?.deviceId ?? null, seq);
}

/**
 * Whether an entry was delivered as this event. It reads through the delivered entries' index, as an index by event id
 * would cost every delivery more than this rare question is worth.
 */
export function isKnownEvent({ statements }: Connection, eventId: string): boolean {
  return statements.get(selectByEvent, eventId) !== undefined;
}

function findPending({ statements }: Connection, seq: number): PendingRow | undefined {
  return statements.get<PendingRow>(selectPending, seq);
}

function makeUnknown(connection: Connection, pending: PendingRow, postponement: Postponement) {
  const { unknown, seq } = postponement;
  if (unknown === undefined) return;
  const { since, target } = unknown;
  const isSameTarget =
    pending.unknown_room_id === target.roomId && pending.unknown_device_id === target.deviceId;
  // The homeserver's memory of the transaction id began with the first attempt there.
  const first = isSameTarget ? Math.min(pending.unknown_since ?? since, since) : since;
  connection.statements.run(setUnknown, first, target.roomId, target.deviceId, seq);
  connection.tally.move(pending.source_id, pending.state, stateCodes.unknown);
}
