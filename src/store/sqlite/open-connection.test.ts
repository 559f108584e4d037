import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { openInlineStore } from './open-inline-store.ts';
import { openSpool } from './open-spool.ts';
import { databaseOptions, type SqliteStoreOptions } from './store-options.ts';

/** What `pragma synchronous` answers when every commit waits for its fsync. */
const full = 2;

let dir: string;
let options: SqliteStoreOptions;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-open-'));
  const limits = { queued: 100, queuedPerSource: 100 };
  options = { file: join(dir, 'outbox.db'), limits, clock: systemClock };
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Opens and closes a database in this thread; what it was set to when it was closed. */
async function settingsHere(run: () => unknown): Promise<unknown[]> {
  const settings: unknown[] = [];
  const close = DatabaseSync.prototype.close;
  const spy = vi.spyOn(DatabaseSync.prototype, 'close').mockImplementation(function (
    this: DatabaseSync,
  ) {
    settings.push({ ...this.prepare('pragma synchronous').get() });
    close.call(this);
  });
  try {
    await run();
  } finally {
    spy.mockRestore();
  }
  return settings;
}

/** The same for the store's own thread, which is told to close. */
async function settingsInThread(): Promise<unknown[]> {
  const code = `
    const { DatabaseSync } = require('node:sqlite');
    const { parentPort } = require('node:worker_threads');
    const { close } = DatabaseSync.prototype;
    DatabaseSync.prototype.close = function () {
      parentPort.postMessage({ settings: { ...this.prepare('pragma synchronous').get() } });
      close.call(this);
    };
    import(${JSON.stringify(new URL('store-worker.ts', import.meta.url).href)});`;
  const thread = new Worker(code, {
    eval: true,
    workerData: databaseOptions(options),
    execArgv: [],
  });
  const settings: unknown[] = [];
  thread.on('message', (message: { settings?: unknown }) => {
    if (message.settings === undefined) thread.postMessage('close');
    else settings.push(message.settings);
  });
  await once(thread, 'exit');
  return settings;
}

describe('a commit waits for its fsync, so that a power loss takes nothing that was acknowledged', () => {
  it.each([
    ['in the store’s own thread', settingsInThread],
    ['in the store of a command', () => settingsHere(() => openInlineStore(options).close())],
    ['in the spool of `send`', () => settingsHere(() => openSpool(options).close())],
  ])('%s', async (_, settings) => {
    expect(await settings()).toEqual([{ synchronous: full }]);
  });
});
