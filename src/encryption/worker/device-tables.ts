import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RoomFacts } from '../crypto-device.ts';
import { keepEncrypted, type Presence, type RoomSetting, type RoomUpdate } from './follow-room.ts';

/** `certain` is 0 once the account has left: from then on it is not told who comes and goes. */
const schema = `
  CREATE TABLE IF NOT EXISTS device (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    starts INTEGER NOT NULL,
    sync_token TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS room (
    room_id TEXT PRIMARY KEY,
    encryption TEXT NOT NULL,
    history_visibility TEXT NOT NULL,
    certain INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS member (
    room_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    presence TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS told (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key_counts TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;`;

/** What a sync last told the engine of its keys at the homeserver, and when in wall-clock milliseconds. */
export interface Told {
  readonly keyCounts: string;
  readonly at: number;
}

/** Which device a store belongs to. */
export interface Binding {
  readonly userId: string;
  readonly deviceId: string;
}

interface RoomRow {
  readonly encryption: string;
  readonly history_visibility: RoomFacts['historyVisibility'];
  readonly certain: number;
}

interface MemberRow {
  readonly user_id: string;
  readonly presence: Presence;
}

/** A device's own rows, in the file of its keys; each call belongs into a `group` of that file. */
export class DeviceTables {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
  }

  /** Whose keys these are; undefined: nobody's yet. */
  binding(): Binding | undefined {
    const row = this.#statement('SELECT user_id, device_id FROM device').get() as
      | { readonly user_id: string; readonly device_id: string }
      | undefined;
    return row && { userId: row.user_id, deviceId: row.device_id };
  }

  /** Counts an opening by the device, and says how many there were and how far it has synced. */
  countStart({ userId, deviceId }: Binding): { starts: number; syncToken: string | undefined } {
    const row = this.#statement(
      `INSERT INTO device (one, user_id, device_id, starts) VALUES (1, ?, ?, 1)
       ON CONFLICT DO UPDATE SET starts = starts + 1 RETURNING starts, sync_token`,
    ).get(userId, deviceId) as { readonly starts: number; readonly sync_token: string | null };
    return { starts: row.starts, syncToken: row.sync_token ?? undefined };
  }

  setSyncToken(token: string): void {
    this.#statement('UPDATE device SET sync_token = ?').run(token);
  }

  told(): Told | undefined {
    return this.#statement('SELECT key_counts AS keyCounts, at FROM told').get() as
      | Told
      | undefined;
  }

  setTold({ keyCounts, at }: Told): void {
    this.#statement('INSERT OR REPLACE INTO told VALUES (1, ?, ?)').run(keyCounts, at);
  }

  forgetTold(): void {
    this.#statement('DELETE FROM told').run();
  }

  rooms(): readonly string[] {
    const rows = this.#statement('SELECT room_id FROM room ORDER BY room_id').all();
    return (rows as unknown as { readonly room_id: string }[]).map(({ room_id }) => room_id);
  }

  /** The room's settings, whether or not its members are certain. */
  setting(roomId: string): RoomSetting | undefined {
    const row = this.#room(roomId);
    return row && { encryption: row.encryption, historyVisibility: row.history_visibility };
  }

  /** What is kept of a room; undefined: nothing, or its members are no longer certain. */
  room(roomId: string): RoomFacts | undefined {
    const row = this.#room(roomId);
    if (row === undefined || row.certain === 0) return undefined;
    const members = this.#statement(
      'SELECT user_id, presence FROM member WHERE room_id = ? ORDER BY user_id',
    ).all(roomId) as unknown as MemberRow[];
    const present = (presence: Presence) =>
      members.filter((member) => member.presence === presence).map(({ user_id }) => user_id);
    return {
      encryption: row.encryption,
      historyVisibility: row.history_visibility,
      joined: present('joined'),
      invited: present('invited'),
    };
  }

  /** Keeps what is known of a room in place of what was; settings that are no encryption do not replace ones that are. */
  setRoom(roomId: string, { encryption, historyVisibility, joined, invited }: RoomFacts): void {
    const kept = keepEncrypted(this.#room(roomId)?.encryption, encryption);
    this.#statement('INSERT OR REPLACE INTO room VALUES (?, ?, ?, 1)').run(
      roomId,
      kept,
      historyVisibility,
    );
    this.#statement('DELETE FROM member WHERE room_id = ?').run(roomId);
    for (const userId of invited) this.#setMember(roomId, userId, 'invited');
    for (const userId of joined) this.#setMember(roomId, userId, 'joined');
  }

  updateRoom(roomId: string, { setting, members }: RoomUpdate): void {
    this.#statement('UPDATE room SET encryption = ?, history_visibility = ? WHERE room_id = ?').run(
      setting.encryption,
      setting.historyVisibility,
      roomId,
    );
    for (const [userId, presence] of members) this.#setMember(roomId, userId, presence);
  }

  /** From now on nobody tells this account who is in the room. */
  setUncertain(roomId: string): void {
    this.#statement('UPDATE room SET certain = 0 WHERE room_id = ?').run(roomId);
  }

  #room(roomId: string): RoomRow | undefined {
    return this.#statement(
      'SELECT encryption, history_visibility, certain FROM room WHERE room_id = ?',
    ).get(roomId) as RoomRow | undefined;
  }

  #setMember(roomId: string, userId: string, presence: Presence | undefined): void {
    if (presence === undefined) {
      this.#statement('DELETE FROM member WHERE room_id = ? AND user_id = ?').run(roomId, userId);
    } else {
      this.#statement('INSERT OR REPLACE INTO member VALUES (?, ?, ?)').run(
        roomId,
        userId,
        presence,
      );
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
