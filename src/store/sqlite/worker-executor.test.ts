import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { only, submission } from '../../outbox/outbox-harness.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { openTempStore, type TempStore } from './temp-store.contract.ts';

/** A thread gets no more than this to end what it was asked for. */
const closeDeadlineMs = 10_000;
const never = new AbortController().signal;
const lost = { code: 'storage_failed', detail: expect.stringContaining('thread ended') };

let clock: ManualClock;
let temp: TempStore;
let thread: Worker;
let terminate: () => Promise<unknown>;

beforeEach(async () => {
  const workers: Worker[] = [];
  const note = (worker: Worker) => workers.push(worker);
  process.on('worker', note);
  clock = new ManualClock();
  temp = await openTempStore(openSqliteStore, { clock });
  process.off('worker', note);
  thread = only(workers);
  terminate = thread.terminate.bind(thread);
  // A thread that waits for a disk does not end before that answers.
  thread.terminate = () => new Promise(() => {});
});
afterEach(async () => {
  await terminate();
  await temp.close();
});

describe('closing waits no longer than it says', () => {
  it('for a disk that hangs, and tells whoever waits', async () => {
    const { store, options } = temp;
    await store.accept(submission('n1'));
    const other = new DatabaseSync(options.file);
    // The thread waits for this lock as it would for a disk.
    other.exec('begin immediate');
    const told = expect(store.accept(submission('n2'))).rejects.toMatchObject(lost);
    const waited = expect(store.whenSettled(['n1-1'], never)).rejects.toMatchObject(lost);
    const closed = store.close();
    // By the end of this turn of the event loop they are the thread's.
    await setImmediate();
    clock.advance(closeDeadlineMs);
    await Promise.all([closed, told, waited]);
    const answer = once(thread, 'message');
    other.exec('rollback');
    other.close();
    // It comes too late for anybody.
    await answer;
    await expect(store.accept(submission('n3'))).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('for a thread that does not end', async () => {
    const asked = Promise.withResolvers<unknown>();
    thread.postMessage = asked.resolve;
    const closed = temp.store.close();
    expect(await asked.promise).toBe('close');
    clock.advance(closeDeadlineMs);
    await closed;
  });
});
