import type { Attachment } from '../../../outbox/entry.ts';
import type { Postponement, Settlement } from '../../../outbox/outbox.ts';
import type { Connection } from '../connection.ts';
import { stateCodes } from '../state-codes.ts';

interface PendingRow {
  readonly source_id: number;
  readonly state: number;
  readonly has_attachment: number;
  readonly unknown_since: number | null;
  readonly unknown_room_id: string | null;
  readonly unknown_device_id: string | null;
}

/** Records ends; what is settled already stays as it is. */
export function settle(connection: Connection, settlements: readonly Settlement[]): void {
  for (const settlement of settlements) settleOne(connection, settlement);
}

function settleOne(connection: Connection, settlement: Settlement): void {
  const { statements, tally } = connection;
  const { seq, state, at } = settlement;
  const pending = findPending(connection, seq);
  if (pending === undefined) return;
  switch (state) {
    case 'delivered':
      statements.run(
        'update entry set state = 2, event_id = ?, settled_at = ?, attempts = attempts + 1 where seq = ?',
        settlement.eventId,
        at,
        seq,
      );
      // Nobody can redrive it, so nobody needs its file.
      if (pending.has_attachment === 1) dropAttachment(connection, seq);
      break;
    case 'dead':
      statements.run(
        `update entry set state = 3, reason = ?, last_error = ?, settled_at = ?, attempts = attempts + 1
         where seq = ?`,
        settlement.reason,
        settlement.error,
        at,
        seq,
      );
      break;
    case 'expired':
      statements.run('update entry set state = 5, settled_at = ? where seq = ?', at, seq);
      break;
  }
  tally.move(pending.source_id, pending.state, stateCodes[state]);
}

/** Records a failed attempt; the rest of what was claimed was not attempted. */
export function postpone(connection: Connection, postponement: Postponement): void {
  const { statements } = connection;
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
  statements.run(
    `update lane set claimed_to = null, claimed_at = null, claimed_room_id = null, claimed_device_id = null
     where lane_id = ?`,
    postponement.lane,
  );
}

/** Stores an entry's final content beside the first one, which a redrive starts from. */
export function complete({ statements }: Connection, seq: number, content: string): void {
  statements.run(
    `update content set final = ? where seq = ? and exists (
       select 1 from entry where entry.seq = content.seq and state < 2)`,
    content,
    seq,
  );
}

/** An entry's file. */
export function readAttachment({ statements }: Connection, seq: number): Attachment | undefined {
  const row = statements.get<{ file_name: string; content_type: string; bytes: Uint8Array }>(
    'select file_name, content_type, bytes from attachment where seq = ?',
    seq,
  );
  if (row === undefined) return undefined;
  return { fileName: row.file_name, contentType: row.content_type, bytes: row.bytes };
}

/**
 * Whether an entry was delivered as this event. It reads through the delivered entries' index, as an index by event id
 * would cost every delivery more than this rare question is worth.
 */
export function isKnownEvent({ statements }: Connection, eventId: string): boolean {
  const row = statements.get(
    'select 1 from entry indexed by entry_delivered where state = 2 and event_id = ? limit 1',
    eventId,
  );
  return row !== undefined;
}

function findPending({ statements }: Connection, seq: number): PendingRow | undefined {
  return statements.get<PendingRow>(
    `select source_id, state, has_attachment, unknown_since, unknown_room_id, unknown_device_id from entry
     where seq = ? and state < 2`,
    seq,
  );
}

function makeUnknown(connection: Connection, pending: PendingRow, postponement: Postponement) {
  const { unknown, seq } = postponement;
  if (unknown === undefined) return;
  const { since, target } = unknown;
  const isSameTarget =
    pending.unknown_room_id === target.roomId && pending.unknown_device_id === target.deviceId;
  // The homeserver's memory of the transaction id began with the first attempt there.
  const first = isSameTarget ? Math.min(pending.unknown_since ?? since, since) : since;
  connection.statements.run(
    'update entry set state = 1, unknown_since = ?, unknown_room_id = ?, unknown_device_id = ? where seq = ?',
    first,
    target.roomId,
    target.deviceId,
    seq,
  );
  connection.tally.move(pending.source_id, pending.state, stateCodes.unknown);
}

function dropAttachment({ statements }: Connection, seq: number): void {
  statements.run('delete from attachment where seq = ?', seq);
}
