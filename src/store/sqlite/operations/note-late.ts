import { isLate, lateContent } from '../../../outbox/late.ts';
import { leavesAsAccepted } from '../../../outbox/leaves-as-accepted.ts';
import { type ClaimedRow, column } from '../claimed-row.ts';
import type { Connection } from '../connection.ts';
import { stateCodes } from '../state-codes.ts';
import { complete } from './settle.ts';

/** Of contents in one claim: claims of many lanes share a transaction, and nobody should wait long for it. */
const bytesMax = 32 * 1024;

/**
 * Has what is late say so, in bytes that are stored before anybody sends them: here it costs a backlog no round trip for
 * each. Delivery notes the rest, as it does what becomes late before it leaves.
 */
export function noteLate(
  connection: Connection,
  rows: ClaimedRow[],
  roomId: string,
  now: number,
): ClaimedRow[] {
  if (connection.diskWasFull || connection.refusesNew !== undefined) return rows;
  const late = new Set(rows.filter((row) => saysSince(row, now)));
  if (late.size === 0 || isEncrypted(connection, roomId)) return rows;
  let bytes = 0;
  return rows.map((row) => {
    if (!late.has(row)) return row;
    bytes += acceptedBytes(row).length;
    return bytes > bytesMax ? row : noted(connection, row);
  });
}

/** Whether it leaves at `now` as it was accepted, but for the note: late, not expired, and nothing else to complete. */
function saysSince(row: ClaimedRow, now: number): boolean {
  const createdAt = row[column.createdAt];
  const lateAfterMs = row[column.lateAfterMs] ?? undefined;
  if (!isLate({ createdAt, lateAfterMs }, now)) return false;
  const expireAt = row[column.expireAt];
  if (expireAt !== null && now >= expireAt) return false;
  if (row[column.final] !== null || row[column.state] !== stateCodes.queued) return false;
  const hasAttachment = row[column.hasAttachment] === 1;
  return leavesAsAccepted({ hasAttachment, content: acceptedBytes(row) });
}

function noted(connection: Connection, row: ClaimedRow): ClaimedRow {
  const text = lateContent(acceptedBytes(row).toString(), row[column.createdAt]);
  const final = Buffer.from(text);
  complete(connection, row[column.seq], final, undefined);
  return row.with(column.final, final) as unknown as ClaimedRow;
}

/** What is encrypted is completed from what was accepted, with the note. */
function isEncrypted({ statements }: Connection, roomId: string): boolean {
  return statements.list('select 1 from encrypted_room where room_id = ?', roomId) !== undefined;
}

function acceptedBytes(row: ClaimedRow): Buffer {
  const accepted = row[column.accepted];
  return Buffer.from(accepted.buffer, accepted.byteOffset, accepted.byteLength);
}
