import type { LaneKey } from '../outbox/entry.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';

const recordKey = (of: { readonly account: string; readonly room: string }): string =>
  `${of.account} ${of.room}`;

/** What the data directory remembers of rooms, at hand. A room id that was ever encrypted is so in every record. */
export class RoomRecords {
  readonly #memory: RoomMemory;
  readonly #records = new Map<string, RoomRecord>();
  readonly #encrypted = new Set<string>();
  /** Room ids of these whose mark is still to be written, as the disk may have been full. */
  readonly #unstored = new Set<string>();
  /** For each record that is being changed, the end of its last change. */
  readonly #changing = new Map<string, Promise<void>>();
  #loading: Promise<void> | undefined;
  #reading: Promise<void> | undefined;

  constructor(memory: RoomMemory) {
    this.#memory = memory;
  }

  /** Resolves when what is remembered is at hand; a failed reading is tried again by whoever asks next. */
  async load(): Promise<void> {
    this.#loading ??= this.#read().catch((cause: unknown) => {
      this.#loading = undefined;
      throw cause;
    });
    await this.#loading;
  }

  async all(): Promise<RoomRecord[]> {
    await this.load();
    return [...this.#records.values()].map((record) => this.#withEncryption(record));
  }

  /** Only after `load`. */
  get(key: LaneKey): RoomRecord | undefined {
    const record = this.#records.get(recordKey(key));
    return record === undefined ? undefined : this.#withEncryption(record);
  }

  /** The record once the changes that are under way have come to their end. Only after `load`. */
  async latest(key: LaneKey): Promise<RoomRecord | undefined> {
    await this.#changing.get(recordKey(key));
    return this.get(key);
  }

  isEncrypted(roomId: string): boolean {
    return this.#encrypted.has(roomId);
  }

  /** These room ids are encrypted for good, whatever leads there; resolves after the fsync, as `storeMarks`. */
  async markEncrypted(roomIds: readonly string[]): Promise<void> {
    for (const roomId of roomIds) this.#noteEncrypted(roomId);
    await this.storeMarks();
  }

  /** Writes what was seen of encryption and could not be stored; a restart would forget it. */
  async storeMarks(): Promise<void> {
    if (this.#unstored.size === 0) return;
    const marks = [...this.#unstored];
    this.#unstored.clear();
    await Promise.all(marks.map(async (roomId) => await this.#storeMark(roomId)));
  }

  /**
   * Replaces a record by what `next` makes of it, as it is at that moment; what it gives back as it was stays. Changes of
   * one record come one after the other. Resolves after the fsync to the record as it is then: a room that is new to it
   * may be known as encrypted.
   */
  async change(
    key: LaneKey,
    next: (now: RoomRecord | undefined) => RoomRecord,
  ): Promise<RoomRecord> {
    const id = recordKey(key);
    const before = this.#changing.get(id) ?? Promise.resolve();
    const change = before.then(async () => await this.#replace(key, next));
    const ended = change.then(
      () => undefined,
      () => undefined,
    );
    this.#changing.set(id, ended);
    try {
      return await change;
    } finally {
      if (this.#changing.get(id) === ended) this.#changing.delete(id);
    }
  }

  /** What was seen counts at once, also when it cannot be stored. */
  #noteEncrypted(roomId: string): void {
    this.#encrypted.add(roomId);
    this.#unstored.add(roomId);
  }

  async #storeMark(roomId: string): Promise<void> {
    try {
      await this.#memory.markEncrypted(roomId);
    } catch (cause) {
      this.#unstored.add(roomId);
      throw cause;
    }
  }

  async #replace(
    key: LaneKey,
    next: (now: RoomRecord | undefined) => RoomRecord,
  ): Promise<RoomRecord> {
    const now = this.get(key);
    const record = next(now);
    if (record === now) return now;
    if (record.encrypted) this.#noteEncrypted(record.roomId);
    await this.#memory.remember(record);
    // The record's own mark was written with it.
    if (record.encrypted) this.#unstored.delete(record.roomId);
    this.#records.set(recordKey(key), record);
    if (now?.roomId !== record.roomId) await this.#reread();
    return this.#withEncryption(record);
  }

  /** Many new rooms at once share one reading, as long as it begins after all of them were written. */
  async #reread(): Promise<void> {
    this.#reading ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#reading = undefined;
      await this.#read();
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (const record of await this.#memory.rooms()) {
      if (record.encrypted) this.#encrypted.add(record.roomId);
      // What this process knows is not older than what was read.
      if (!this.#records.has(recordKey(record))) this.#records.set(recordKey(record), record);
    }
  }

  #withEncryption(record: RoomRecord): RoomRecord {
    return record.encrypted || !this.#encrypted.has(record.roomId)
      ? record
      : { ...record, encrypted: true };
  }
}
