import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entry, submission } from '../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from './open-inline-store.ts';
import { runOnSmallDisk } from './small-disk.contract.ts';
import { openTempStore, type TempStore } from './temp-store.contract.ts';

/** Above the database's own file and its shared memory, below what is to move into it. */
const diskKib = 100;
const entries = 50;

let temp: TempStore;
beforeEach(async () => {
  temp = await openTempStore(openInlineStore);
});
afterEach(async () => await temp.close());

const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

/** The database as a kill leaves it: all that is in it stands in its log. */
async function fullLog(): Promise<string> {
  const { store, dir, options } = temp;
  const content = 'x'.repeat(8_000);
  for (let n = 0; n < entries; n++) {
    await store.accept(submission(`n${n}`, { entries: [entry('!a', { content })] }));
  }
  const file = join(dir, 'killed.db');
  for (const end of ['', '-wal']) copyFileSync(`${options.file}${end}`, `${file}${end}`);
  return file;
}

/** What a process does with it on a full disk that may hold less in its log. */
async function onFullDisk(open: string, ask: string): Promise<unknown> {
  const file = JSON.stringify(await fullLog());
  const code = `
    import { openSqliteStore } from ${url('open-sqlite-store.ts')};
    import { openSpool } from ${url('open-spool.ts')};
    import { systemClock as clock } from ${url('../../clock.ts')};
    const limits = { queued: 1_000, queuedPerSource: 1_000 };
    const options = { file: ${file}, limits, clock, walBytesMax: 4_096 };
    const lane = { account: 'main', room: '!a' };
    const entries = [{ lane, txnId: 't', type: 'm.room.message', content: '{}' }];
    const submission = { id: 'm1', source: 's', createdAt: 0, entries };
    const codeOf = (promise) => promise.then(() => 'accepted', ({ code }) => code);
    const store = await ${open}(options);
    console.log(JSON.stringify(${ask}));
    await store.close();`;
  return await runOnSmallDisk(diskKib, code);
}

describe('a log that is too large on a disk that is full', () => {
  it('leaves a store that opens, reads, and says that the disk is full', async () => {
    const ask = `[await codeOf(store.accept(submission)), await codeOf(store.accept(submission)),
      (await store.entries({ limit: 100 })).length]`;
    const told = await onFullDisk('openSqliteStore', ask);
    expect(told).toEqual(['storage_full', 'storage_full', entries]);
  });

  it('is told to whoever only puts a message there', async () => {
    const told = await onFullDisk('openSpool', '[await codeOf(store.accept(submission))]');
    expect(told).toEqual(['storage_full']);
  });
});
