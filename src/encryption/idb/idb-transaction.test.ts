import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdbDatabase } from './idb-database.ts';
import {
  committed,
  openTempDatabase,
  resultOf,
  type TempDatabase,
} from './temp-database.contract.ts';

let temp: TempDatabase;
let db: IdbDatabase;
beforeEach(async () => {
  temp = openTempDatabase();
  db = await temp.openIndexedDb('d', 1, (upgraded) => {
    upgraded.createObjectStore('one');
    upgraded.createObjectStore('two');
  });
});
afterEach(() => temp.remove());

const named = (name: string) => expect.objectContaining({ name });

describe('a transaction', () => {
  it('does a request as soon as that is made, and tells of it later', async () => {
    const request = db.transaction('one', 'readwrite').objectStore('one').put('value', 'key');
    let isTold = false;
    request.onsuccess = () => {
      isTold = true;
    };
    expect(request.readyState).toBe('done');
    expect(request.result).toBe('key');
    expect(isTold).toBe(false);
    await Promise.resolve();
    expect(isTold).toBe(true);
  });

  it('commits by itself when nobody uses it for a turn of the event loop', async () => {
    const transaction = db.transaction('one', 'readwrite');
    const store = transaction.objectStore('one');
    await resultOf(store.put(1, 'a'));
    await resultOf(store.put(2, 'b'));
    await committed(transaction);
    expect(() => store.put(3, 'c')).toThrow(named('TransactionInactiveError'));
  });

  it('waits for a writer of the same object store that was made before, and only then reads', async () => {
    const writer = db.transaction('one', 'readwrite');
    const reader = db.transaction('one');
    const other = db.transaction('two');
    const request = reader.objectStore('one').get('key');
    expect(request.readyState).toBe('pending');
    expect(() => request.result).toThrow(named('InvalidStateError'));
    expect(other.objectStore('two').count().result).toBe(0);
    writer.objectStore('one').put('value', 'key');
    writer.commit();
    expect(await resultOf(request)).toBe('value');
  });

  it('waits for its turn also when it is committed before that', async () => {
    const first = db.transaction('one', 'readwrite');
    const second = db.transaction('two', 'readwrite');
    const ended = committed(second);
    const request = second.objectStore('two').put('value', 'key');
    second.commit();
    expect(request.readyState).toBe('pending');
    first.commit();
    await ended;
    expect(request.result).toBe('key');
  });

  it('leaves nothing behind when it is aborted', async () => {
    const transaction = db.transaction(['one', 'two'], 'readwrite');
    transaction.objectStore('one').put(1, 'a');
    transaction.objectStore('two').put(2, 'b');
    transaction.abort();
    const counts = db.transaction(['one', 'two']);
    expect(counts.objectStore('one').count().result).toBe(0);
    expect(counts.objectStore('two').count().result).toBe(0);
  });
});

describe('a database', () => {
  it('is not upgraded while it is open', async () => {
    await expect(temp.openIndexedDb('d', 2)).rejects.toEqual(named('InvalidStateError'));
    db.close();
    expect((await temp.openIndexedDb('d', 2)).version).toBe(2);
  });

  it('is opened once after the other, so that nobody sees half an upgrade', async () => {
    const opens = [temp.openIndexedDb('new', 3, (one) => one.createObjectStore('store'))];
    opens.push(temp.openIndexedDb('new', 3));
    const connections = await Promise.all(opens);
    expect(connections.map((one) => one.objectStoreNames.item(0))).toEqual(['store', 'store']);
  });

  it('says what is not supported', async () => {
    const refused = named('NotSupportedError');
    expect(() => db.transaction('one').objectStore('one').openCursor(null, 'prev')).toThrow(
      refused,
    );
    await temp.openIndexedDb('other', 1, (other) => {
      expect(() => other.createObjectStore('s', { keyPath: 'id' })).toThrow(refused);
      expect(() => other.createObjectStore('s', { autoIncrement: true })).toThrow(refused);
      const store = other.createObjectStore('s');
      expect(() => store.createIndex('i', 'a', { multiEntry: true })).toThrow(refused);
    });
  });
});
