import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fake from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { installIndexedDb } from './install-indexed-db.ts';
import { openTempDatabase } from './temp-database.contract.ts';

const glue = readFileSync(
  fileURLToPath(
    new URL(
      'pkg/matrix_sdk_crypto_wasm_bg.js',
      import.meta.resolve('@matrix-org/matrix-sdk-crypto-wasm'),
    ),
  ),
  'utf8',
);
const matches = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, name = '']) => name)),
];
/** What the library's code calls, as wasm-bindgen names it. */
const importsOf = (text: string): readonly string[] =>
  matches(text, /^export function __wbg_([A-Za-z_]+?)_[0-9a-f]{16}\b/gm).map((name) =>
    name.replace(/^set_(?=on)/, ''),
  );

/** Every interface of IndexedDB has its members in the fake, which is complete. */
const interfaces = [
  fake.IDBCursor,
  fake.IDBCursorWithValue,
  fake.IDBDatabase,
  fake.IDBFactory,
  fake.IDBIndex,
  fake.IDBKeyRange,
  fake.IDBObjectStore,
  fake.IDBOpenDBRequest,
  fake.IDBRequest,
  fake.IDBTransaction,
  fake.IDBVersionChangeEvent,
] as readonly { readonly prototype: object }[];
const membersOfIndexedDb = new Set([
  'indexedDB',
  'result',
  'readyState',
  'transaction',
  'onblocked',
  'onversionchange',
  ...interfaces.flatMap((one) => [
    ...Object.getOwnPropertyNames(one),
    ...Object.getOwnPropertyNames(one.prototype),
  ]),
]);
for (const name of ['constructor', 'length', 'prototype', 'toString']) {
  membersOfIndexedDb.delete(name);
}

/** Members of dictionaries that are handed in (§4.4, §4.5), but for `unique`, which we take. */
const optionsWeLack = new Set(['multi_entry', 'key_path', 'auto_increment', 'durability']);

/** Also what is another's, such as `Map.get`: the more names, the more alarms. */
const isOfIndexedDb = (name: string): boolean =>
  membersOfIndexedDb.has(name) ||
  /^on(?:abort|complete|error|success|upgradeneeded|close)$/.test(name);

/** One living object of each interface, as the library meets them, and its class. */
async function surface(): Promise<Set<string>> {
  const temp = openTempDatabase();
  const database = await temp.openIndexedDb('surface', 1, (db) => {
    db.createObjectStore('store').createIndex('index', 'a');
  });
  const transaction = database.transaction('store', 'readwrite');
  const store = transaction.objectStore('store');
  store.put({ a: 1 }, 'key');
  const request = store.openCursor();
  const globals = globalThis as unknown as Record<string, object>;
  const objects: object[] = [
    database,
    transaction,
    store,
    store.index('index'),
    request,
    request.result as object,
    globals['IDBKeyRange'] ?? {},
    globals['indexedDB'] ?? {},
    database.objectStoreNames,
    temp.lastUpgradeEvent ?? {},
    { indexedDB: globals['indexedDB'] },
    (temp.lastUpgradeEvent?.target as object | undefined) ?? {},
  ];
  const names = new Set<string>();
  for (const object of objects) {
    for (
      let at: object | null = object;
      at !== null;
      at = Object.getPrototypeOf(at) as object | null
    ) {
      for (const name of Object.getOwnPropertyNames(at)) names.add(name);
    }
  }
  temp.remove();
  return names;
}

describe('the IndexedDB of the globals', () => {
  it('has every name that the installed library imports', async () => {
    installIndexedDb();
    const ours = await surface();
    const missing = (text: string) =>
      importsOf(text).filter((name) => isOfIndexedDb(name) && !ours.has(name));
    expect(missing(glue)).toEqual([]);
    const newer = 'export function __wbg_advance_0123456789abcdef(arg0) {';
    expect(missing(`${glue}\n${newer}`)).toEqual(['advance']);
    // So that the reading of the library's code is not empty when that changes its form.
    const known = [
      'openCursor',
      'createObjectStore',
      'onupgradeneeded',
      'upperBound',
      'oldVersion',
    ];
    expect(importsOf(glue)).toEqual(expect.arrayContaining(known));
  });

  it('takes every option that the installed library sets', () => {
    const options = importsOf(glue).map((name) => name.replace(/^set_/, ''));
    expect(options).toContain('unique');
    expect(options.filter((name) => optionsWeLack.has(name))).toEqual([]);
  });

  it('has every class that the installed library knows objects by', () => {
    installIndexedDb();
    const classes = matches(glue, /instanceof (IDB\w+|DOMException)/g);
    expect(classes).toContain('IDBOpenDBRequest');
    expect(classes.filter((name) => !(name in globalThis))).toEqual([]);
  });

  it('is put there once', () => {
    installIndexedDb();
    const { indexedDB } = globalThis as { indexedDB?: unknown };
    installIndexedDb();
    expect((globalThis as { indexedDB?: unknown }).indexedDB).toBe(indexedDB);
  });

  it('is not put over another', () => {
    const globals = globalThis as { indexedDB?: unknown };
    const ours = globals.indexedDB;
    globals.indexedDB = fake.indexedDB;
    expect(() => installIndexedDb()).toThrow('Another IndexedDB');
    globals.indexedDB = ours;
  });

  it('is not put where the library would look elsewhere', () => {
    const globals = globalThis as { indexedDB?: unknown; Window?: unknown };
    const ours = globals.indexedDB;
    globals.indexedDB = undefined;
    globals.Window = class {};
    expect(() => installIndexedDb()).toThrow('global Window');
    delete globals.Window;
    globals.indexedDB = ours;
  });

  it('says that the prefix of a database is not open', () => {
    installIndexedDb();
    const { indexedDB } = globalThis as unknown as { indexedDB: { open(name: string): unknown } };
    expect(() => indexedDB.open('nobody::matrix-sdk-crypto')).toThrow(
      expect.objectContaining({
        name: 'InvalidStateError',
        message: 'No crypto database is open for the prefix nobody.',
      }),
    );
  });
});
