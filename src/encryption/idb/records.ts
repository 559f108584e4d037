import { decodeKey } from './decode-key.ts';
import { domError } from './dom-error.ts';
import { encodeKey } from './encode-key.ts';
import type { IdbKey } from './idb-key.ts';
import { bytesAfter, type KeyBounds } from './key-bounds.ts';
import type { IndexShape, StoreShape } from './schema.ts';
import type { Statements } from './statements.ts';
import { decodeValue } from './value-codec.ts';

/** Where records are read: an object store by its keys, or one of its indexes by that one's. */
export interface RecordSource {
  readonly store: StoreShape;
  readonly index: IndexShape | undefined;
}

/** One record on a cursor's way. */
export interface CursorRecord {
  readonly key: IdbKey;
  readonly primaryKey: IdbKey;
  readonly value: unknown;
  readonly place: CursorPlace;
}

/** Where a cursor stands, encoded. */
export interface CursorPlace {
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

interface Row {
  readonly key: Uint8Array;
  readonly record: Uint8Array;
  readonly value: Uint8Array;
}

/** Before every encoded key. */
const noBytes = new Uint8Array();
/** SQLite's word for no limit. */
const unlimited = -1;

const inIndex = '"index" = ? and (key, record) > (?, ?) and key < ? order by key, record limit ?';
const indexedRows = `select e.key as key, e.record as record, r.value as value
  from idb_entry e join idb_record r on r.store = ? and r.key = e.record
  where e."index" = ? and (e.key, e.record) > (?, ?) and e.key < ?
  order by e.key, e.record limit ?`;
const storedRows = `select key, key as record, value from idb_record
  where store = ? and key >= ? and key < ? order by key limit ?`;

/** What all object stores of a file hold: IndexedDB's operations (§6), each at once and in the transaction that is open. */
export class Records {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  first(source: RecordSource, bounds: KeyBounds): unknown {
    return this.values(source, bounds, 1)[0];
  }

  values(source: RecordSource, bounds: KeyBounds, countMax: number | undefined): unknown[] {
    return this.#rows(source, bounds, undefined, countMax).map(({ value }) => decodeValue(value));
  }

  keys(source: RecordSource, bounds: KeyBounds, countMax: number | undefined): IdbKey[] {
    const { store, index } = source;
    const { from, before } = bounds;
    const limit = countMax ?? unlimited;
    const rows =
      index === undefined
        ? this.#statements.all<{ record: Uint8Array }>(
            `select key as record from idb_record
              where store = ? and key >= ? and key < ? order by key limit ?`,
            store.id,
            from,
            before,
            limit,
          )
        : this.#statements.all<{ record: Uint8Array }>(
            `select record from idb_entry where ${inIndex}`,
            index.id,
            from,
            noBytes,
            before,
            limit,
          );
    return rows.map(({ record }) => decodeKey(record));
  }

  count({ store, index }: RecordSource, { from, before }: KeyBounds): number {
    const row = this.#statements.get<{ n: number }>(
      index === undefined
        ? 'select count(*) as n from idb_record where store = ? and key >= ? and key < ?'
        : 'select count(*) as n from idb_entry where "index" = ? and key >= ? and key < ?',
      index?.id ?? store.id,
      from,
      before,
    );
    return row?.n ?? 0;
  }

  /** The record that follows `place`, or the first. */
  next(
    source: RecordSource,
    bounds: KeyBounds,
    place: CursorPlace | undefined,
  ): CursorRecord | undefined {
    const [row] = this.#rows(source, bounds, place, 1);
    if (row === undefined) return undefined;
    const { key, record, value } = row;
    return {
      key: decodeKey(key),
      primaryKey: decodeKey(record),
      value: decodeValue(value),
      place: { key, record },
    };
  }

  /** @throws DOMException ConstraintError, before anything is written: `replaces` is false and the key exists, or a unique index has it */
  put(store: StoreShape, key: Uint8Array, value: Uint8Array, replaces: boolean): void {
    if (!replaces && this.#has(store, key)) {
      throw domError('ConstraintError', `A record with this key is in ${store.name}.`);
    }
    // The value is decoded only where an index wants to look into it.
    const clone = store.indexes.size === 0 ? undefined : decodeValue(value);
    const indexes = [...store.indexes.values()];
    const entries = indexes.map((index) => ({ index, key: indexKey(clone, index) }));
    for (const entry of entries) this.#refuseDouble(entry.index, entry.key, key);
    for (const entry of entries) {
      this.#statements.run(
        'delete from idb_entry where "index" = ? and record = ?',
        entry.index.id,
        key,
      );
      this.#enter(entry.index, entry.key, key);
    }
    this.#statements.run(
      `insert into idb_record (store, key, value) values (?, ?, ?)
        on conflict (store, key) do update set value = excluded.value`,
      store.id,
      key,
      value,
    );
  }

  delete(store: StoreShape, { from, before }: KeyBounds): void {
    for (const { id } of store.indexes.values()) {
      this.#statements.run(
        'delete from idb_entry where "index" = ? and record >= ? and record < ?',
        id,
        from,
        before,
      );
    }
    this.#statements.run(
      'delete from idb_record where store = ? and key >= ? and key < ?',
      store.id,
      from,
      before,
    );
  }

  /**
   * Enters into a new index what its store holds.
   * @throws DOMException ConstraintError: the index is to be unique, and two records have one key
   */
  fillIndex(store: StoreShape, index: IndexShape): void {
    const rows = this.#statements.all<{ key: Uint8Array; value: Uint8Array }>(
      'select key, value from idb_record where store = ? order by key',
      store.id,
    );
    for (const { key, value } of rows) {
      const entry = indexKey(decodeValue(value), index);
      this.#refuseDouble(index, entry, key);
      this.#enter(index, entry, key);
    }
  }

  #rows(
    { store, index }: RecordSource,
    { from, before }: KeyBounds,
    place: CursorPlace | undefined,
    countMax = unlimited,
  ): Row[] {
    if (index === undefined) {
      const start = place === undefined ? from : bytesAfter(place.record);
      return this.#statements.all<Row>(storedRows, store.id, start, before, countMax);
    }
    const start = place ?? { key: from, record: noBytes };
    return this.#statements.all<Row>(
      indexedRows,
      store.id,
      index.id,
      start.key,
      start.record,
      before,
      countMax,
    );
  }

  #has(store: StoreShape, key: Uint8Array): boolean {
    const sql = 'select 1 from idb_record where store = ? and key = ?';
    return this.#statements.get(sql, store.id, key) !== undefined;
  }

  #refuseDouble(index: IndexShape, key: Uint8Array | undefined, record: Uint8Array): void {
    if (!index.unique || key === undefined) return;
    const sql = 'select 1 from idb_entry where "index" = ? and key = ? and record <> ?';
    if (this.#statements.get(sql, index.id, key, record) === undefined) return;
    throw domError('ConstraintError', `Another record has this key in the index ${index.name}.`);
  }

  #enter(index: IndexShape, key: Uint8Array | undefined, record: Uint8Array): void {
    if (key === undefined) return;
    this.#statements.run(
      'insert into idb_entry ("index", key, record) values (?, ?, ?)',
      index.id,
      key,
      record,
    );
  }
}

/** What the index is to find the value by, encoded; undefined: the value has nothing there, or no valid key. */
function indexKey(value: unknown, index: IndexShape): Uint8Array | undefined {
  const found =
    typeof index.keyPath === 'string'
      ? atPath(value, index.keyPath)
      : index.keyPath.map((path) => atPath(value, path));
  try {
    return encodeKey(found);
  } catch {
    return undefined;
  }
}

function atPath(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path === '' ? [] : path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
