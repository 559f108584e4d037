/** What is known of a room, for as long as the data directory lives. Times are wall-clock milliseconds. */
export interface RoomRecord {
  readonly account: string;
  /** The room as the configuration names it. */
  readonly room: string;
  /** The room id it leads to now. */
  readonly roomId: string;
  readonly resolvedAt: number;
  /** Once true, always true, whatever the server says later. */
  readonly encrypted: boolean;
  /** The rooms it led to before upgrades, oldest first. */
  readonly predecessors: readonly string[];
}

/** Where delivery keeps what it learnt of rooms. Every promise resolves after the fsync. */
export interface RoomMemory {
  rooms(): Promise<RoomRecord[]>;
  /** Replaces the record of its account and room; `encrypted` never goes back to false for an equal room id. */
  remember(record: RoomRecord): Promise<void>;
  /** A room id is encrypted from now on, in whichever record leads there now or later. */
  markEncrypted(roomId: string): Promise<void>;
}
