import type { Statements } from './statements.ts';

export interface IndexShape {
  readonly id: number;
  readonly name: string;
  readonly keyPath: string | readonly string[];
  readonly unique: boolean;
}

export interface StoreShape {
  readonly id: number;
  readonly name: string;
  readonly indexes: Map<string, IndexShape>;
}

export interface DatabaseShape {
  readonly id: number;
  readonly name: string;
  version: number;
  readonly stores: Map<string, StoreShape>;
}

/** The tables of every IndexedDB database in the file. Keys and values are blobs of `encodeKey` and `encodeValue`. */
const tables = `
  create table if not exists idb_database (
    id integer primary key, name text not null unique, version integer not null
  ) strict;
  create table if not exists idb_store (
    id integer primary key, database integer not null, name text not null, unique (database, name)
  ) strict;
  create table if not exists idb_index (
    id integer primary key, store integer not null, name text not null, key_path text not null,
    is_unique integer not null, unique (store, name)
  ) strict;
  create table if not exists idb_record (
    store integer not null, key blob not null, value blob not null, primary key (store, key)
  ) strict, without rowid;
  create table if not exists idb_entry (
    "index" integer not null, key blob not null, record blob not null,
    primary key ("index", key, record)
  ) strict, without rowid;
  create index if not exists idb_entry_by_record on idb_entry ("index", record)`;

interface Row {
  readonly id: number;
  readonly name: string;
}

/** Which databases, object stores and indexes the file holds; what it says is what the tables say. */
export class Schema {
  readonly #statements: Statements;
  readonly #databases = new Map<string, DatabaseShape>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The text that makes the tables where they are missing. */
  static get tables(): string {
    return tables;
  }

  /** Reads all of it again, as after an upgrade that was aborted. */
  load(): void {
    this.#databases.clear();
    const rows = this.#statements.all<Row & { version: number }>(
      'select id, name, version from idb_database',
    );
    for (const { id, name, version } of rows) {
      this.#databases.set(name, { id, name, version, stores: this.#loadStores(id) });
    }
  }

  database(name: string): DatabaseShape | undefined {
    return this.#databases.get(name);
  }

  createDatabase(name: string): DatabaseShape {
    const id = this.#statements.run('insert into idb_database (name, version) values (?, 0)', name);
    const shape: DatabaseShape = { id, name, version: 0, stores: new Map() };
    this.#databases.set(name, shape);
    return shape;
  }

  setVersion(database: DatabaseShape, version: number): void {
    this.#statements.run('update idb_database set version = ? where id = ?', version, database.id);
    database.version = version;
  }

  createStore(database: DatabaseShape, name: string): StoreShape {
    const id = this.#statements.run(
      'insert into idb_store (database, name) values (?, ?)',
      database.id,
      name,
    );
    const shape: StoreShape = { id, name, indexes: new Map() };
    database.stores.set(name, shape);
    return shape;
  }

  deleteStore(database: DatabaseShape, store: StoreShape): void {
    for (const { id } of store.indexes.values()) {
      this.#statements.run('delete from idb_entry where "index" = ?', id);
    }
    this.#statements.run('delete from idb_index where store = ?', store.id);
    this.#statements.run('delete from idb_record where store = ?', store.id);
    this.#statements.run('delete from idb_store where id = ?', store.id);
    database.stores.delete(store.name);
  }

  /** Without entries for what the store holds already. */
  createIndex(store: StoreShape, index: Omit<IndexShape, 'id'>): IndexShape {
    const id = this.#statements.run(
      'insert into idb_index (store, name, key_path, is_unique) values (?, ?, ?, ?)',
      store.id,
      index.name,
      JSON.stringify(index.keyPath),
      Number(index.unique),
    );
    const shape: IndexShape = { ...index, id };
    store.indexes.set(index.name, shape);
    return shape;
  }

  #loadStores(database: number): Map<string, StoreShape> {
    const rows = this.#statements.all<Row>(
      'select id, name from idb_store where database = ?',
      database,
    );
    return new Map(
      rows.map(({ id, name }) => [name, { id, name, indexes: this.#loadIndexes(id) }]),
    );
  }

  #loadIndexes(store: number): Map<string, IndexShape> {
    const rows = this.#statements.all<Row & { key_path: string; is_unique: number }>(
      'select id, name, key_path, is_unique from idb_index where store = ?',
      store,
    );
    return new Map(
      rows.map(({ id, name, key_path, is_unique }) => {
        const keyPath = JSON.parse(key_path) as string | string[];
        return [name, { id, name, keyPath, unique: is_unique === 1 }];
      }),
    );
  }
}
