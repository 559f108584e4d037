import type { Connection } from '../connection.ts';

/** The two parts of an entry's public id, `NOTIFICATION-ORDINAL`; the ordinal is 0 where it is none. */
export function splitEntryId(entryId: string): readonly [notificationId: string, ordinal: number] {
  const dash = Math.max(entryId.lastIndexOf('-'), 0);
  const ordinal = entryId.slice(dash + 1);
  return [entryId.slice(0, dash), /^[1-9][0-9]{0,2}$/.test(ordinal) ? Number(ordinal) : 0];
}

/** The place in the outbox of an entry by its public id; undefined: there is no such entry. */
export function findSeq({ statements }: Connection, entryId: string): number | undefined {
  const row = statements.list<[seq: number]>(
    'select seq from entry where notification_id = ? and ordinal = ?',
    ...splitEntryId(entryId),
  );
  return row?.[0];
}
