import { isLate, lateContent } from '../../../outbox/late.ts';
import { leavesAsAccepted } from '../../../outbox/leaves-as-accepted.ts';
import type { Connection } from '../connection.ts';
import { stateCodes } from '../state-codes.ts';
import type { ClaimedRow } from './claim.ts';
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
  if (connection.diskWasFull || connection.refusesNew) return rows;
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
  const [, , , , , , , final, , , createdAt, lateAfterMs, expireAt, hasAttachment, state] = row;
  if (!isLate({ createdAt, lateAfterMs: lateAfterMs ?? undefined }, now)) return false;
  if (expireAt !== null && now >= expireAt) return false;
  if (final !== null || state !== stateCodes.queued) return false;
  return leavesAsAccepted({ hasAttachment: hasAttachment === 1, content: acceptedBytes(row) });
}

function noted(connection: Connection, row: ClaimedRow): ClaimedRow {
  const [seq, , , , , , , , , , createdAt] = row;
  const final = Buffer.from(lateContent(acceptedBytes(row).toString(), createdAt));
  complete(connection, seq, final, undefined);
  return row.with(7, final) as unknown as ClaimedRow;
}

/** What is encrypted is completed from what was accepted, with the note. */
function isEncrypted({ statements }: Connection, roomId: string): boolean {
  return statements.list('select 1 from encrypted_room where room_id = ?', roomId) !== undefined;
}

function acceptedBytes([, , , , , , accepted]: ClaimedRow): Buffer {
  return Buffer.from(accepted.buffer, accepted.byteOffset, accepted.byteLength);
}
