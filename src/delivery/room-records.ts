import type { LaneKey } from '../outbox/entry.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';

const recordKey = (of: { readonly account: string; readonly room: string }): string =>
  `${of.account} ${of.room}`;

/** What the data directory remembers of rooms, at hand. A room id that was ever encrypted is so in every record. */
export class RoomRecords {
  readonly #memory: RoomMemory;
  readonly #records = new Map<string, RoomRecord>();
  readonly #encrypted = new Set<string>();
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

  isEncrypted(roomId: string): boolean {
    return this.#encrypted.has(roomId);
  }

  /** Resolves after the fsync to the record as it is then: a room that is new to it may be known as encrypted. */
  async remember(record: RoomRecord): Promise<RoomRecord> {
    // What was seen counts at once, also when it cannot be stored.
    if (record.encrypted) this.#encrypted.add(record.roomId);
    await this.#memory.remember(record);
    const isNew = this.#records.get(recordKey(record))?.roomId !== record.roomId;
    this.#records.set(recordKey(record), record);
    if (isNew) await this.#reread();
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
