import { IdbCursor, IdbCursorWithValue } from './idb-cursor.ts';
import { IdbDatabase } from './idb-database.ts';
import { IdbFactory } from './idb-factory.ts';
import { IdbIndex } from './idb-index.ts';
import { IdbObjectStore } from './idb-object-store.ts';
import { IdbOpenDbRequest, IdbRequest } from './idb-request.ts';
import { IdbTransaction } from './idb-transaction.ts';
import { IdbKeyRange } from './key-bounds.ts';
import { originOf } from './registered-origins.ts';

/** The library's `instanceof` looks for its classes under these names. */
const classes = {
  IDBCursor: IdbCursor,
  IDBCursorWithValue: IdbCursorWithValue,
  IDBDatabase: IdbDatabase,
  IDBFactory: IdbFactory,
  IDBIndex: IdbIndex,
  IDBKeyRange: IdbKeyRange,
  IDBObjectStore: IdbObjectStore,
  IDBOpenDBRequest: IdbOpenDbRequest,
  IDBRequest: IdbRequest,
  IDBTransaction: IdbTransaction,
};

/** With one of these, the library takes the place for a browser and looks for IndexedDB there. */
const browserNames = ['Window', 'WorkerGlobalScope'];

/**
 * Puts `indexedDB` and its classes into the thread's globals, for the library to find before it opens a store: a database
 * `PREFIX::…` is then kept in the crypto database that is open with that prefix. A second call does nothing.
 * @throws Error when the thread has another IndexedDB, or looks like a browser
 */
export function installIndexedDb(): void {
  const installed = (globalThis as { indexedDB?: unknown }).indexedDB;
  if (installed instanceof IdbFactory) return;
  if (installed !== undefined) throw new Error('Another IndexedDB is installed in this thread.');
  const browserName = browserNames.find((name) => name in globalThis);
  if (browserName !== undefined)
    throw new Error(`There is a global ${browserName}, as in a browser.`);
  Object.assign(globalThis, classes, { indexedDB: new IdbFactory(originOf) });
}
