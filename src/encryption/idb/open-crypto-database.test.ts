import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdbDatabase } from './idb-database.ts';
import { openCryptoDatabase } from './open-crypto-database.ts';
import {
  committed,
  openTempDatabase,
  resultOf,
  type TempDatabase,
} from './temp-database.contract.ts';

/** Processes start slowly on a busy machine. */
const processesMs = 60_000;

let temp: TempDatabase;
beforeEach(() => {
  temp = openTempDatabase();
});
afterEach(() => temp.remove());

const withStore = async (): Promise<IdbDatabase> =>
  await temp.openIndexedDb('d', 1, (db) => db.createObjectStore('store'));

/** One IndexedDB transaction with one record. */
async function put(db: IdbDatabase, key: string, value: unknown): Promise<void> {
  const transaction = db.transaction('store', 'readwrite');
  const ended = committed(transaction);
  transaction.objectStore('store').put(value, key);
  transaction.commit();
  await ended;
}

async function keys(db: IdbDatabase): Promise<unknown> {
  return await resultOf(db.transaction('store').objectStore('store').getAllKeys());
}

/** What is on disk: as the next owner finds it. */
async function keysAfterReopening(): Promise<unknown> {
  temp.crypto.close();
  temp.open();
  return await keys(await temp.openIndexedDb('d'));
}

/** `database` has a table of its owner's, as the sync token is in one. */
function createOwnTable(): void {
  temp.crypto.database.exec('create table own (word text not null) strict');
}
const writeOwn = (word: string) =>
  temp.crypto.database.prepare('insert into own values (?)').run(word);
const ownWords = () =>
  temp.crypto.database
    .prepare('select word from own')
    .all()
    .map(({ word }) => word);

const childFile = fileURLToPath(new URL('group-child.contract.ts', import.meta.url));

/** A process that holds the file and writes groups until it is killed. */
function startChild(): ChildProcess & { stdout: NodeJS.ReadableStream } {
  return spawn(process.execPath, [childFile, temp.file], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('the file', () => {
  it('is readable by nobody else, also where it was', () => {
    expect(statSync(temp.file).mode & 0o777).toBe(0o600);
    expect(statSync(`${temp.file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('is refused to a second in this process, by its prefix and by its path', () => {
    const refused = (detail: string) =>
      expect.objectContaining({ code: 'encryption_store_unusable', detail });
    const options = { file: temp.file, onFatal: () => undefined };
    expect(() => openCryptoDatabase({ ...options, prefix: temp.file })).toThrow(
      refused(`${temp.file} is open already.`),
    );
    expect(() => openCryptoDatabase({ ...options, prefix: 'other' })).toThrow(
      refused(`Another process holds ${temp.file}.`),
    );
  });

  it(
    'is refused while another process holds it, and free as soon as that is killed',
    async () => {
      temp.crypto.close();
      const child = startChild();
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      expect(() => temp.open()).toThrow(
        expect.objectContaining({
          code: 'encryption_store_unusable',
          detail: `Another process holds ${temp.file}.`,
        }),
      );
      child.kill('SIGKILL');
      await exited;
      temp.open();
    },
    processesMs,
  );

  it('is refused when it is something else', () => {
    temp.crypto.close();
    writeFileSync(temp.file, 'something else'.repeat(1_000));
    expect(() => temp.open()).toThrow(
      expect.objectContaining({ code: 'encryption_store_unusable' }),
    );
    writeFileSync(temp.file, '');
  });
});

describe('a group', () => {
  it('is one commit of several transactions and the rows of the owner', async () => {
    createOwnTable();
    const db = await withStore();
    const before = temp.crypto.commits;
    const result = await temp.crypto.group(async () => {
      await put(db, 'a', 1);
      writeOwn('token');
      await put(db, 'b', 2);
      return 'done';
    });
    expect(result).toBe('done');
    expect(temp.crypto.commits - before).toBe(1);
    expect(await keysAfterReopening()).toEqual(['a', 'b']);
    expect(ownWords()).toEqual(['token']);
  });

  it('is not there for the next owner before it has ended', async () => {
    createOwnTable();
    const db = await withStore();
    void temp.crypto.group(async () => {
      await put(db, 'a', 1);
      writeOwn('token');
      await new Promise(() => undefined);
    });
    while (temp.crypto.database.prepare('select 1 from own').get() === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await keysAfterReopening()).toEqual([]);
    expect(ownWords()).toEqual([]);
  });

  it('waits for the one before', async () => {
    const order: string[] = [];
    const group = async (name: string) =>
      await temp.crypto.group(async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
      });
    await Promise.all([group('a'), group('b')]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('keeps what was done when its work rejects, without the transaction that was aborted', async () => {
    const db = await withStore();
    const work = temp.crypto.group(async () => {
      await put(db, 'a', 1);
      const transaction = db.transaction('store', 'readwrite');
      transaction.objectStore('store').put(2, 'b');
      transaction.abort();
      throw new Error('the library says no');
    });
    await expect(work).rejects.toThrow('the library says no');
    expect(await keysAfterReopening()).toEqual(['a']);
    expect(temp.failures).toEqual([]);
  });

  it('waits for transactions within that nobody has ended', async () => {
    const db = await withStore();
    let ended: Promise<void> | undefined;
    await temp.crypto.group(async () => {
      const transaction = db.transaction('store', 'readwrite');
      ended = committed(transaction);
      transaction.objectStore('store').put(1, 'a');
    });
    await ended;
    expect(await keysAfterReopening()).toEqual(['a']);
  });

  it('waits for a transaction without that writes already', async () => {
    const db = await withStore();
    const transaction = db.transaction('store', 'readwrite');
    const outside = committed(transaction);
    transaction.objectStore('store').put(1, 'a');
    const before = temp.crypto.commits;
    await Promise.all([outside, temp.crypto.group(async () => await put(db, 'b', 2))]);
    expect(temp.crypto.commits - before).toBe(2);
    expect(await keysAfterReopening()).toEqual(['a', 'b']);
  });

  it('can open and upgrade a database', async () => {
    const before = temp.crypto.commits;
    await temp.crypto.group(async () => {
      const db = await withStore();
      await put(db, 'a', 1);
      db.close();
      await temp.openIndexedDb('d', 2, (_db, transaction) =>
        transaction.objectStore('store').put(2, 'b'),
      );
    });
    expect(temp.crypto.commits - before).toBe(1);
    expect(await keysAfterReopening()).toEqual(['a', 'b']);
  });

  it(
    'is there whole or not at all after a kill -9 at any moment',
    async () => {
      createOwnTable();
      (await withStore()).close();
      let rounds = 0;
      for (let kill = 0; kill < 6; kill++) {
        temp.crypto.close();
        const child = startChild();
        const exited = once(child, 'exit');
        // What is read is a round that has ended; the kill comes at some moment of a later one.
        for (let heard = 0; heard <= kill; heard++) await once(child.stdout, 'data');
        child.kill('SIGKILL');
        await exited;
        const stored = (await keysAfterReopening()) as string[];
        const words = ownWords();
        expect(stored).toEqual(words.flatMap((word) => [`${String(word)} a`, `${String(word)} b`]));
        expect(words.length).toBeGreaterThan(rounds);
        rounds = words.length;
      }
    },
    processesMs,
  );
});

describe('a full disk', () => {
  const big = 'x'.repeat(50_000);
  const limit = () => {
    const { page_count: pages } = temp.crypto.database.prepare('pragma page_count').get() ?? {};
    temp.crypto.database.exec(`pragma max_page_count = ${Number(pages) + 5}`);
  };
  const full = expect.objectContaining({ code: 'storage_full' });

  it('in the middle of a group takes all of it back, and what comes next works when opened anew', async () => {
    createOwnTable();
    const db = await withStore();
    await put(db, 'before', 1);
    limit();
    const work = temp.crypto.group(async () => {
      await put(db, 'a', 1);
      writeOwn('token');
      await put(db, 'b', big);
    });
    await expect(work).rejects.toEqual(full);
    expect(temp.failures).toEqual([full]);
    await expect(temp.crypto.group(async () => 'next')).rejects.toEqual(full);
    expect(() => db.transaction('store')).toThrow(
      expect.objectContaining({ name: 'InvalidStateError' }),
    );
    expect(await keysAfterReopening()).toEqual(['before']);
    expect(ownWords()).toEqual([]);
    await put(await temp.openIndexedDb('d'), 'after', big);
    expect(await keysAfterReopening()).toEqual(['after', 'before']);
  });

  it('takes a group back also when its work does not mind', async () => {
    const db = await withStore();
    limit();
    const work = temp.crypto.group(async () => {
      await put(db, 'a', 1);
      await put(db, 'b', big).catch(() => undefined);
      return 'nothing happened';
    });
    await expect(work).rejects.toEqual(full);
    expect(await keysAfterReopening()).toEqual([]);
  });

  it('takes a group back when it hits the rows of the owner', async () => {
    createOwnTable();
    const db = await withStore();
    limit();
    const work = temp.crypto.group(async () => {
      await put(db, 'a', 1);
      writeOwn(big);
    });
    await expect(work).rejects.toEqual(full);
    expect(temp.failures).toEqual([full]);
    expect(await keysAfterReopening()).toEqual([]);
  });

  it('ends every request that waits', async () => {
    const db = await withStore();
    limit();
    const first = db.transaction('store', 'readwrite');
    const second = db.transaction('store', 'readwrite');
    const ends = [
      resultOf(first.objectStore('store').put(big, 'a')),
      resultOf(second.objectStore('store').put(1, 'b')),
    ];
    const rejected = {
      status: 'rejected',
      reason: expect.objectContaining({ name: 'QuotaExceededError' }),
    };
    expect(await Promise.allSettled(ends)).toEqual([rejected, rejected]);
    await expect(temp.openIndexedDb('d')).rejects.toMatchObject({ name: 'InvalidStateError' });
  });
});

describe('closing', () => {
  it('ends every request that waits, and what comes later is refused', async () => {
    const db = await withStore();
    const first = db.transaction('store', 'readwrite');
    const second = db.transaction('store', 'readwrite');
    const ends = [committed(first), resultOf(second.objectStore('store').put(1, 'a'))];
    temp.crypto.close();
    temp.crypto.close();
    expect(await Promise.allSettled(ends)).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ name: 'UnknownError' }) },
      { status: 'rejected', reason: expect.objectContaining({ name: 'UnknownError' }) },
    ]);
    await expect(temp.crypto.group(async () => 1)).rejects.toMatchObject({
      code: 'encryption_store_unusable',
    });
    expect(temp.failures).toEqual([]);
  });
});
