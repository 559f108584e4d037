import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  claimAll,
  kill,
  listen,
  only,
  submission,
  t0,
} from '../../outbox/outbox-harness.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import type { SqliteStore } from './sqlite-store.ts';
import { openTempStore, type TempStore } from './temp-store.contract.ts';

const pollMs = 250;
const never = new AbortController().signal;

let clock: ManualClock;
let temp: TempStore;
const workers: Worker[] = [];
const note = (worker: Worker) => workers.push(worker);

beforeEach(async () => {
  clock = new ManualClock();
  process.on('worker', note);
  temp = await openTempStore(openSqliteStore, { clock, pollMs });
});
afterEach(async () => {
  await temp.close();
  process.off('worker', note);
  workers.length = 0;
});

/** Runs what writes once; the thread dies between its commit and its answer. */
async function loseAnswer(write: (store: SqliteStore) => Promise<unknown>): Promise<void> {
  const thread = only(workers);
  const { emit } = thread;
  thread.emit = (name: string | symbol, ...rest: unknown[]) => {
    if (name !== 'message') return Reflect.apply(emit, thread, [name, ...rest]);
    void thread.terminate();
    return true;
  };
  await expect(write(temp.store)).rejects.toMatchObject({ code: 'storage_failed' });
}

/** Lets the store look outside once, to its end. */
async function look(): Promise<void> {
  const { store } = temp;
  clock.advance(pollMs);
  // They are answered in their order: the look asks three questions one after the other.
  for (let question = 0; question < 3; question++) await store.counts();
}

describe('what a thread wrote that was lost before it could say so', () => {
  it.each([
    ['accepted', (its: SqliteStore) => its.accept(submission('n2'))],
    ['redriven', (its: SqliteStore) => its.redrive('n1-1', { id: 'n2', txnId: 'n2' }, false, t0)],
  ])('is told as work: %s', async (_, write) => {
    const { store } = temp;
    await store.accept(submission('n1'));
    await kill(store, only(await claimAll(store)).seq);
    const { end, next } = listen(store);
    await look();
    await loseAnswer(write);
    clock.advance(pollMs);
    expect(only((await next()) ?? [])).toMatchObject({ lane: { key: { room: '!ops:x' } } });
    end();
  });

  it('is told as an end: cancelled', async () => {
    const { store } = temp;
    await store.accept(submission('n1'));
    const settled = store.whenSettled(['n1-1'], never);
    await look();
    await loseAnswer((its) => its.cancel('n1-1', t0));
    clock.advance(pollMs);
    expect(only(await settled).state).toBe('cancelled');
  });
});
