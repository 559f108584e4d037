import type { Connection } from '../connection.ts';

/**
 * The place in the outbox of an entry by its public id, `NOTIFICATION-ORDINAL`; undefined: there is no such entry.
 * The entries of a notification follow one another, so no index by entry id is needed.
 */
export function findSeq({ statements }: Connection, entryId: string): number | undefined {
  const dash = entryId.lastIndexOf('-');
  const ordinal = entryId.slice(dash + 1);
  if (dash < 1 || !/^[1-9][0-9]{0,2}$/.test(ordinal)) return undefined;
  const row = statements.get<{ seq: number; entries: number }>(
    'select seq, entries from notification where id = ?',
    entryId.slice(0, dash),
  );
  if (row === undefined || Number(ordinal) > row.entries) return undefined;
  return row.seq + Number(ordinal) - 1;
}
