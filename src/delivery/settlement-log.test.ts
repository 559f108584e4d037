import { describe, expect, it } from 'vitest';
import type { Settlement } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { DeliveryStage } from './delivery-fixture.contract.ts';
import { SettlementLog } from './settlement-log.ts';

const end = (seq: number): Settlement => ({ seq, state: 'expired', at: 0 });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp() {
  const clock = new ManualClock();
  const stop = new AbortController();
  const batches: number[][] = [];
  const store = { fails: false };
  const failures: unknown[] = [];
  const queue = {
    settle: async (settlements: readonly Settlement[]) => {
      await turn();
      if (store.fails) throw new Error('disk full');
      batches.push(settlements.map(({ seq }) => seq));
    },
  };
  const log = new SettlementLog(queue, clock, (cause) => failures.push(cause), stop.signal);
  return { clock, stop, batches, store, failures, log };
}

describe('the settlement log', () => {
  it('writes what comes in one turn together, and what comes meanwhile next', async () => {
    const { log, batches } = setUp();
    for (const seq of [1, 2, 3]) log.add(end(seq));
    await turn();
    log.add(end(4));
    log.add(end(5));
    expect(await log.flush()).toBe(true);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('gathers for a while what nobody waits for, and keeps nobody who waits', async () => {
    const { log, batches, clock } = setUp();
    log.add(end(1));
    for (let i = 0; i < 5; i++) await turn();
    for (const seq of [2, 3]) {
      log.add(end(seq));
      await turn();
    }
    expect(batches).toEqual([[1]]);
    clock.advance(25);
    for (let i = 0; i < 5; i++) await turn();
    expect(batches).toEqual([[1], [2, 3]]);
    log.add(end(4));
    expect(await log.flush()).toBe(true);
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  it('does not gather more than it may hold', async () => {
    const { log, batches } = setUp();
    log.add(end(0));
    for (let i = 0; i < 5; i++) await turn();
    for (let seq = 1; seq <= 2_000; seq++) log.add(end(seq));
    for (let i = 0; i < 5; i++) await turn();
    expect(batches.map(({ length }) => length)).toEqual([1, 2_000]);
  });

  it('loses nothing of what a failing store did not take, and keeps the order', async () => {
    const { log, batches, store, clock, failures } = setUp();
    store.fails = true;
    log.add(end(1));
    for (let i = 0; i < 5; i++) await turn();
    log.add(end(2));
    const flushed = log.flush();
    store.fails = false;
    clock.advance(1_000);
    expect(await flushed).toBe(true);
    expect(batches).toEqual([[1, 2]]);
    expect(failures).toHaveLength(1);
  });

  it('is full when a failing store has left too much in memory', async () => {
    const { log, store } = setUp();
    store.fails = true;
    for (let seq = 0; seq < 2_000; seq++) log.add(end(seq));
    expect(log.isFull).toBe(true);
  });

  it('says that nothing is durable when it is stopped while the store fails', async () => {
    const { log, store, stop, clock } = setUp();
    store.fails = true;
    log.add(end(1));
    const flushed = log.flush();
    for (let i = 0; i < 5; i++) await turn();
    stop.abort();
    expect(await flushed).toBe(false);
    expect(await log.flush()).toBe(false);
    expect(clock.waiting).toBe(0);
  });

  it('still writes what was added before and after it was stopped', async () => {
    const { log, stop, batches } = setUp();
    log.add(end(1));
    stop.abort();
    expect(await log.flush()).toBe(true);
    log.add(end(2));
    expect(await log.flush()).toBe(true);
    expect(batches).toEqual([[1], [2]]);
  });
});

describe('a store that fails for a while', () => {
  it('loses no completion, and nothing is sent twice within the process', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.deliver(room, '0');
    stage.faults.broken.add('settle');
    const ids: string[] = [];
    for (const body of ['1', '2', '3']) ids.push(await stage.accept(room, body));
    await stage.homeserver.whenMessages(room, 4);
    for (let round = 1; round < 4; round++) {
      await stage.until(() => stage.said.storeFailed.length >= round);
      stage.clock.advance(1_000);
    }
    stage.faults.broken.clear();
    await stage.until(() => stage.said.settled.length === 4);
    stage.clock.advance(1_000);
    for (const id of ids) expect(await stage.settled(id)).toMatchObject({ state: 'delivered' });
    expect(stage.count('sendMessage')).toBe(4);
    expect(stage.bodies(room)).toEqual(['0', '1', '2', '3']);
  });

  it('until the process is stopped leaves what was delivered unknown, not queued', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.faults.broken.add('settle');
    const over = { expireAt: stage.clock.now() + 60_000 };
    const entryId = await stage.accept(room, '1', over);
    await stage.until(() => stage.said.storeFailed.length > 0);
    // Only completions are lost; the lane could be let go.
    await stage.crash(['settle']);
    expect(await stage.view(entryId)).toMatchObject({ state: 'unknown' });
    stage.clock.advance(3_600_000);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject({ state: 'delivered' });
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('leaves it unknown also when the request after it is cut', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    stage.faults.broken.add('settle');
    const over = { expireAt: stage.clock.now() + 60_000 };
    const ids = [await stage.accept(room, '1', over), await stage.accept(room, '2', over)];
    const isSecond = { taken: 0 };
    stage.homeserver.fault(
      ({ operation }) => operation === 'sendMessage' && ++isSecond.taken === 2,
      { kind: 'stall', processed: true },
    );
    await stage.start();
    await stage.homeserver.whenMessages(room, 2);
    await stage.crash(['settle']);
    for (const id of ids) expect(await stage.view(id)).toMatchObject({ state: 'unknown' });
  });

  it('and takes no note of an unknown fate leaves it unknown all the same', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.faults.broken.add('postpone');
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const over = { expireAt: stage.clock.now() + 60_000 };
    const entryId = await stage.accept(room, '1', over);
    await stage.waits(1);
    stage.faults.broken.clear();
    stage.clock.advance(3_600_000);
    expect(await stage.settled(entryId)).toMatchObject({ state: 'delivered' });
    expect(stage.bodies(room)).toEqual(['1']);
  });

  it('does not close the account, and rooms are found when it is back', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    for (const name of ['rooms', 'remember'] as const) stage.faults.broken.add(name);
    const entryId = await stage.accept(room, '1');
    await stage.start();
    expect(await stage.waits(1)).toMatchObject({ for: 'backoff' });
    stage.faults.broken.clear();
    stage.clock.advance(1_000);
    expect(await stage.settled(entryId)).toMatchObject({ state: 'delivered' });
  });
});

describe('the dispatcher, when it stops', () => {
  it('lets what is under way end, and starts nothing more', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'slow', delayMs: 1_000 }, { times: 1 });
    const ids = [await stage.accept(room, '1'), await stage.accept(room, '2')];
    await stage.homeserver.whenMessages(room, 1);
    const stopped = stage.dispatcher.stop(5_000);
    stage.clock.advance(1_000);
    await stopped;
    const states = await Promise.all(ids.map(async (id) => (await stage.view(id)).state));
    expect(states).toEqual(['delivered', 'queued']);
    expect(stage.clock.waiting).toBe(0);
  });

  it('cuts what is under way after the deadline, and its fate is stored as unknown', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    const ids = [await stage.accept(room, '1'), await stage.accept(room, '2')];
    await stage.homeserver.whenMessages(room, 1);
    const stopped = stage.dispatcher.stop(5_000);
    stage.clock.advance(5_000);
    await stopped;
    const states = await Promise.all(ids.map(async (id) => (await stage.view(id)).state));
    expect(states).toEqual(['unknown', 'queued']);
    expect(stage.clock.waiting).toBe(0);
  });

  it('leaves no timer behind of lanes that wait for a room, a limit or a homeserver', async () => {
    await using stage = await DeliveryStage.started();
    await stage.accept(stage.room({ members: [] }), '1');
    await stage.waits(1);
    const limit = { kind: 'rate-limited', retryAfterMs: 5_000 } as const;
    stage.homeserver.fault('sendMessage', limit, { times: 1 });
    await stage.accept(stage.room(), '2');
    await stage.waits(2);
    await stage.dispatcher.stop(1_000);
    // The store's own look at other processes' writes ends by itself.
    stage.clock.advance(1_000);
    expect(stage.clock.waiting).toBe(0);
  });
});
