import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../errors.ts';
import type { Work } from '../../outbox/outbox.ts';
import {
  claimAll,
  claimTwo,
  deliver,
  entry,
  only,
  submission,
  t0,
} from '../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from './open-inline-store.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import type { SqliteStoreOptions } from './store-options.ts';
import { type OpenStore, openTempStore, type TempStore } from './temp-store.contract.ts';

let opened: TempStore | undefined;
async function open(how: OpenStore, change: Partial<SqliteStoreOptions> = {}): Promise<TempStore> {
  opened = await openTempStore(how, change);
  return opened;
}
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** What may wait for the disk at once. */
const heldBytesMax = 64 * 1024 * 1024;
const never = new AbortController().signal;
const unbindable = submission('bad', { origin: {} as string });
const large = (id: string) =>
  submission(id, { entries: [entry('!a', { content: 'x'.repeat(8_000) })] });
const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

describe('group commit', () => {
  it('writes what is accepted at the same time in few transactions', async () => {
    const { store } = await open(openSqliteStore);
    const ids = Array.from({ length: 200 }, (_, index) => `n${index}`);
    await Promise.all(ids.map((id) => store.accept(submission(id))));
    expect(store.commits).toBeLessThanOrEqual(4);
    expect(await store.entries({ limit: 1_000 })).toHaveLength(200);
  });

  it('lets the neighbours of a call that fails succeed', async () => {
    const { store } = await open(openSqliteStore);
    const results = await Promise.allSettled([
      store.accept(submission('n1')),
      store.accept(unbindable),
      store.accept(submission('n2', { source: 'other' })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const views = await store.entries({ limit: 10 });
    expect(views.map(({ id, source }) => `${id} ${source}`)).toEqual([
      'n1-1 cluster',
      'n2-1 other',
    ]);
    const counted = (await store.counts()).entries.map(({ count }) => count);
    expect(counted).toEqual([1, 1]);
    expect(await store.lanesWithWork()).toHaveLength(1);
  });

  it('costs no transaction of its own where a limit refuses', async () => {
    const { store } = await open(openSqliteStore, { limits: { queued: 2, queuedPerSource: 2 } });
    const ids = ['n1', 'n2', 'n3', 'n4'];
    const results = await Promise.allSettled(ids.map((id) => store.accept(submission(id))));
    const taken = results.filter(({ status }) => status === 'fulfilled');
    expect(taken).toHaveLength(2);
    expect(store.commits).toBe(1);
  });

  it('holds as much as it says at once, in the widest letters, without losing its thread', async () => {
    const { store } = await open(openSqliteStore);
    const content = '\u0100'.repeat(60_000);
    const entries = () => Array.from({ length: 20 }, () => entry('!a', { content }));
    const ids = Array.from({ length: 60 }, (_, index) => `n${index}`);
    const submissions = ids.map((id) => submission(id, { entries: entries() }));
    const results = await Promise.allSettled(submissions.map((one) => store.accept(one)));
    const refusals = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as Failure).code] : [],
    );
    expect(new Set(refusals)).toEqual(new Set(['storage_busy']));
    const submissionBytes = 20 * Buffer.byteLength(content);
    const heldBytes = (ids.length - refusals.length) * submissionBytes;
    expect(heldBytes).toBeLessThanOrEqual(heldBytesMax);
    expect(heldBytes).toBeGreaterThan(heldBytesMax - 2 * submissionBytes);
    expect(await store.accept(only(submissions.slice(-1)))).toMatchObject({ kind: 'accepted' });
  }, 30_000);

  it('goes on in a new thread after the loss of one, whose callers are told', async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker) => workers.push(worker);
    process.on('worker', note);
    const { store } = await open(openSqliteStore);
    await store.accept(submission('n1'));
    const accepting = store.accept(submission('n2'));
    const told = expect(accepting).rejects.toMatchObject({ code: 'storage_failed' });
    await only(workers).terminate();
    await told;
    await store.accept(submission('n3'));
    process.off('worker', note);
    expect(workers).toHaveLength(2);
    const ids = (await store.entries({ limit: 10 })).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['n1-1', 'n3-1']));
  });
});

describe.each([
  ['inline', openInlineStore],
  ['in its own thread', openSqliteStore],
])('a full disk under the store %s', (_, how) => {
  it('refuses what needs space, keeps what it has, and recovers by itself', async () => {
    const { store } = await open(how, { pagesMax: 100 });
    const accepted: string[] = [];
    const fill = async () => {
      for (let index = 0; index < 100; index++) {
        await store.accept(large(`n${index}`));
        accepted.push(`n${index}-1`);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'storage_full' });
    expect((await store.entries({ limit: 1_000 })).map(({ id }) => id)).toEqual(accepted);
    const [first] = await claimAll(store, '!a');
    await deliver(store, first?.seq ?? 0);
    expect(await store.purge({ delivered: t0 + 1, other: t0 + 1 }, 10)).toBe(1);
    expect(await store.accept(large('after'))).toMatchObject({ kind: 'accepted' });
    expect((await store.counts()).entries).toEqual([
      { source: 'cluster', state: 'queued', count: accepted.length },
    ]);
  });
});

describe('a write-ahead log that is too large', () => {
  it('refuses new entries while somebody reads, and takes them again afterwards', async () => {
    const walBytesMax = 400_000;
    const { store, options } = await open(openInlineStore, { walBytesMax });
    const reader = new DatabaseSync(options.file, { readOnly: true });
    reader.exec('begin; select count(*) from entry');
    const fill = async () => {
      for (let index = 0; index < 100; index++) await store.accept(large(`n${index}`));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'storage_busy' });
    const [first] = await claimAll(store, '!a');
    await deliver(store, first?.seq ?? 0);
    reader.exec('commit');
    await expect
      .poll(async () => (await store.accept(large('after'))).kind, { timeout: 4_000, interval: 50 })
      .toMatch(/accepted|duplicate/);
    reader.close();
  });
});

describe('two on one database', () => {
  it('hear of each other’s entries and ends', async () => {
    const { store, options } = await open(openSqliteStore, { pollMs: 5 });
    const other = openInlineStore({ ...options, pollMs: 5 });
    const told = Promise.withResolvers<readonly Work[]>();
    const end = store.onWork((work) => work.length > 0 && told.resolve(work));
    await other.accept(submission('n1'));
    const settled = other.whenSettled(['n1-1'], never);
    expect(only(await told.promise)).toMatchObject({
      lane: { key: { room: '!ops:x' } },
      more: true,
    });
    await deliver(store, only(await claimAll(store)).seq);
    expect(only(await settled).state).toBe('delivered');
    end();
    await other.close();
  });

  it('count as attempted only what the owner could attempt', async () => {
    const { store, options } = await open(openInlineStore);
    await claimTwo(store);
    const other = openInlineStore(options);
    for (const id of ['m1', 'm2']) await other.accept(submission(id));
    expect(await other.cancel('m2-1', t0)).toMatchObject({ ok: true });
    await other.redrive('m2-1', { id: 'm3', txnId: 'm3' }, false, t0);
    await store.accept(submission('n4'));
    await store.recover();
    const claimed = await claimAll(store);
    const unattempted = claimed.filter(({ unknown }) => unknown === undefined).map(({ id }) => id);
    expect(unattempted).toEqual(['m1-1', 'm3-1', 'n4-1']);
    await other.close();
  });

  it('count together against the limits', async () => {
    const { store, options } = await open(openInlineStore, {
      limits: { queued: 1, queuedPerSource: 1 },
    });
    const other = openInlineStore(options);
    await other.accept(submission('n1'));
    await expect(store.accept(submission('n2'))).rejects.toMatchObject({ code: 'queue_full' });
    await other.close();
  });
});

describe('the database file', () => {
  it('is for its owner alone, its log too', async () => {
    const { store, options } = await open(openInlineStore);
    await store.accept(submission('n1'));
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(options.file + suffix).mode & 0o777).toBe(0o600);
    }
  });

  it('gives back the pages that a purge freed', async () => {
    const { store, options } = await open(openInlineStore);
    for (let index = 0; index < 20; index++) await store.accept(large(`n${index}`));
    for (const { seq } of await claimAll(store, '!a')) await deliver(store, seq);
    const pages = () => {
      const db = new DatabaseSync(options.file, { readOnly: true });
      const row = db.prepare('pragma page_count').get();
      db.close();
      return Number(row?.['page_count']);
    };
    const before = pages();
    expect(await store.purge({ delivered: t0 + 1, other: t0 + 1 }, 20)).toBe(20);
    expect(pages()).toBeLessThan(before - 30);
  });

  it('is copied whole while work goes on, and over nothing that exists', async () => {
    const { store, dir, options } = await open(openSqliteStore);
    await store.accept(submission('n1'));
    const path = join(dir, 'copy.db');
    await Promise.all([store.backup(path), store.accept(submission('n2'))]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const copy = openInlineStore({ ...options, file: path });
    expect(await copy.entries({ limit: 1 })).toEqual(await store.entries({ limit: 1 }));
    expect(await copy.content('n1-1')).toBe(entry().content);
    await copy.close();
    await expect(store.backup(path)).rejects.toMatchObject({ code: 'cannot_create' });
    const nowhere = join(dir, 'missing', 'copy.db');
    await expect(store.backup(nowhere)).rejects.toMatchObject({ code: 'cannot_create' });
  });

  it('can be made by several processes at once', async () => {
    const { store, options } = await open(openInlineStore);
    const file = `${options.file}.shared`;
    const code = `
      import { openInlineStore } from ${url('open-inline-store.ts')};
      import { systemClock as clock } from ${url('../../clock.ts')};
      const limits = { queued: 9, queuedPerSource: 9 };
      const store = openInlineStore({ file: ${JSON.stringify(file)}, limits, clock });
      const lane = { account: 'main', room: '!a' };
      const entries = [{ lane, txnId: 't', type: 'm', content: '{}' }];
      await store.accept({ id: String(process.pid), source: 's', createdAt: 0, entries });
      await store.close();`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
    await Promise.all([run(), run(), run()]);
    const shared = openInlineStore({ ...options, file });
    expect(await shared.entries({ limit: 10 })).toHaveLength(3);
    await shared.close();
    expect(await store.entries({ limit: 10 })).toEqual([]);
  });

  it('that is none is refused with a name', async () => {
    const { dir, options } = await open(openInlineStore);
    const file = join(dir, 'missing', 'outbox.db');
    const failed = { code: 'storage_failed' };
    expect(() => openInlineStore({ ...options, file })).toThrow(expect.objectContaining(failed));
    await expect(openSqliteStore({ ...options, file })).rejects.toMatchObject(failed);
  });
});

describe('kill -9', () => {
  it('loses nothing that was acknowledged', async () => {
    const { dir, options } = await open(openInlineStore);
    const file = join(dir, 'killed.db');
    const code = `
      import { openSqliteStore } from ${url('open-sqlite-store.ts')};
      import { systemClock as clock } from ${url('../../clock.ts')};
      const limits = { queued: 1e9, queuedPerSource: 1e9 };
      const store = await openSqliteStore({ file: ${JSON.stringify(file)}, limits, clock });
      const lane = { account: 'main', room: '!a' };
      let next = 0;
      const client = async () => {
        for (;;) {
          const id = 'n' + next++;
          const entries = [{ lane, txnId: id, type: 'm.room.message', content: '{}' }];
          await store.accept({ id, source: 's', createdAt: 0, entries });
          process.stdout.write(id + '\\n');
        }
      };
      await Promise.all(Array.from({ length: 16 }, client));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const acknowledged: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(`${line}-1`);
      if (acknowledged.length === 500) child.kill('SIGKILL');
    }
    await exited;
    const store = openInlineStore({ ...options, file });
    const there = new Set((await store.entries({ limit: 10_000 })).map(({ id }) => id));
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect((await store.counts()).entries).toEqual([
      { source: 's', state: 'queued', count: there.size },
    ]);
    await store.close();
  });
});

describe('after closing', () => {
  it.each([
    ['inline', openInlineStore],
    ['in its own thread', openSqliteStore],
  ])('the store %s lets waiters go and takes nothing more', async (_, how) => {
    const { store } = await open(how);
    await store.accept(submission('n1'));
    const waiting = store.whenSettled(['n1-1'], never);
    await store.close();
    expect(only(await waiting).state).toBe('queued');
    await expect(store.accept(submission('n2'))).rejects.toMatchObject({ code: 'shutting_down' });
  });
});

describe('the inline store', () => {
  it('is bundled into one CommonJS file that loads little', async () => {
    const bundle = await build({
      entryPoints: [new URL('open-inline-store.ts', import.meta.url).pathname],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      metafile: true,
      logOverride: { 'empty-import-meta': 'error' },
    });
    const imports = Object.values(bundle.metafile.outputs).flatMap((output) => output.imports);
    const loaded = new Set(imports.map(({ path }) => path));
    expect([...loaded].sort()).toEqual(['node:fs', 'node:sqlite']);
  });
});
