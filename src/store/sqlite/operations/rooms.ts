import type { RoomRecord } from '../../../delivery/room-memory.ts';
import type { Connection } from '../connection.ts';

interface RoomRow {
  readonly account: string;
  readonly room: string;
  readonly room_id: string;
  readonly resolved_at: number;
  readonly encrypted: number;
  readonly predecessors: string;
}

/** All records. A room id that was ever seen encrypted is encrypted, whichever record it is in. */
export function rooms({ statements }: Connection): RoomRecord[] {
  const rows = statements.all<RoomRow>(
    `select account, room, room_id, resolved_at, predecessors,
       exists (select 1 from encrypted_room where encrypted_room.room_id = room.room_id) encrypted
     from room order by account, room`,
  );
  return rows.map((row) => ({
    account: row.account,
    room: row.room,
    roomId: row.room_id,
    resolvedAt: row.resolved_at,
    encrypted: row.encrypted === 1,
    predecessors: JSON.parse(row.predecessors) as string[],
  }));
}

/** Replaces the record of an account and room. */
export function remember(connection: Connection, record: RoomRecord): void {
  if (record.encrypted) markEncrypted(connection, record.roomId);
  connection.statements.run(
    'replace into room (account, room, room_id, resolved_at, predecessors) values (?, ?, ?, ?, ?)',
    record.account,
    record.room,
    record.roomId,
    record.resolvedAt,
    JSON.stringify(record.predecessors),
  );
}

/** A room id is encrypted from now on, in whichever record. */
export function markEncrypted({ statements }: Connection, roomId: string): void {
  statements.run('insert into encrypted_room values (?) on conflict do nothing', roomId);
}
