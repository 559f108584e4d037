import type { Connection } from '../connection.ts';
import { stateCodes } from '../state-codes.ts';
import { deleteAttachment } from './attachment.ts';

/** Pages given back to the file system at a time: about 1 MB, some milliseconds. */
const vacuumPages = 200;

interface EndedRow {
  readonly seq: number;
  readonly source_id: number;
  readonly state: number;
}

const selectDelivered = `select seq, source_id, state from entry indexed by entry_delivered
  where state = ${stateCodes.delivered} and settled_at < ? order by settled_at limit ?`;
const selectOthers = `select seq, source_id, state from entry indexed by entry_ended
  where state > ${stateCodes.delivered} and settled_at < ? order by settled_at limit ?`;

/** Deletes at most `limit` entries that were settled before the given times; how many. */
export function purge(
  connection: Connection,
  before: { readonly delivered: number; readonly other: number },
  limit: number,
): number {
  const { statements } = connection;
  const delivered = statements.all<EndedRow>(selectDelivered, before.delivered, limit);
  const left = limit - delivered.length;
  const others = statements.all<EndedRow>(selectOthers, before.other, left);
  const ended = [...delivered, ...others];
  if (ended.length > 0) connection.noteSeqs();
  for (const row of ended) deleteEntry(connection, row);
  if (ended.length > 0) connection.db.exec(`pragma incremental_vacuum(${vacuumPages})`);
  return ended.length;
}

function deleteEntry(connection: Connection, row: EndedRow): void {
  const { statements, tally } = connection;
  statements.run('delete from entry where seq = ?', row.seq);
  statements.run('delete from content where seq = ?', row.seq);
  deleteAttachment(connection, row.seq);
  tally.add(row.source_id, row.state, -1);
}
