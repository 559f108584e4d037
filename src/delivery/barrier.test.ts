import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { Barrier } from './barrier.ts';

function setUp() {
  const clock = new ManualClock();
  const admitted: number[] = [];
  const barrier = new Barrier(clock, (lane) => admitted.push(lane));
  return { clock, admitted, barrier };
}

describe('a barrier', () => {
  it('lets everybody through while it is open', () => {
    const { barrier } = setUp();
    expect([1, 2, 3].map((lane) => barrier.enter(lane))).toEqual([true, true, true]);
  });

  it('lets nobody through while it is closed, then one as a probe, in the order they came', async () => {
    const { barrier, clock, admitted } = setUp();
    barrier.close(1_000);
    expect([7, 5, 6].map((lane) => barrier.enter(lane))).toEqual([false, false, false]);
    clock.advance(999);
    expect(admitted).toEqual([]);
    clock.advance(1);
    expect(admitted).toEqual([7]);
  });

  it('doubles how many may run with each success, until it is open', async () => {
    const { barrier, clock, admitted } = setUp();
    barrier.close(1_000);
    for (let lane = 0; lane < 10; lane++) barrier.enter(lane);
    clock.advance(1_000);
    barrier.succeed();
    expect(admitted).toEqual([0, 1]);
    barrier.succeed();
    expect(admitted).toEqual([0, 1, 2, 3]);
    barrier.succeed();
    barrier.succeed();
    expect(barrier.isOpen).toBe(true);
    expect(admitted).toHaveLength(10);
  });

  it('closes again when the probe fails, and stops those who entered', async () => {
    const { barrier, clock, admitted } = setUp();
    barrier.enter(1);
    barrier.close(1_000);
    expect(barrier.mayGoOn(1)).toBe(false);
    barrier.enter(1);
    barrier.enter(2);
    clock.advance(1_000);
    barrier.close(5_000);
    barrier.leave(1);
    clock.advance(4_999);
    expect(admitted).toEqual([1]);
    clock.advance(1);
    expect(admitted).toEqual([1, 2]);
  });

  it('that closes while half open lets a single probe through afterwards', () => {
    const { barrier, clock, admitted } = setUp();
    barrier.close(1_000);
    for (let lane = 0; lane < 5; lane++) barrier.enter(lane);
    clock.advance(1_000);
    barrier.succeed();
    expect(admitted).toEqual([0, 1]);
    barrier.close(1_000);
    clock.advance(1_000);
    expect(admitted).toEqual([0, 1, 2]);
    expect([0, 1, 2].filter((lane) => barrier.mayGoOn(lane))).toEqual([2]);
  });

  it('passes a place on when the probe leaves without a request', async () => {
    const { barrier, clock, admitted } = setUp();
    barrier.close(10);
    barrier.enter(1);
    barrier.enter(2);
    clock.advance(10);
    barrier.leave(1);
    expect(admitted).toEqual([1, 2]);
  });

  it('keeps the later of two ends', async () => {
    const { barrier, clock, admitted } = setUp();
    barrier.close(5_000);
    barrier.close(1_000);
    barrier.enter(1);
    clock.advance(4_999);
    expect(admitted).toEqual([]);
    clock.advance(1);
    expect(admitted).toEqual([1]);
  });

  it('probes at once when woken', () => {
    const { barrier, admitted } = setUp();
    barrier.close(60_000);
    barrier.enter(3);
    barrier.wake();
    expect(admitted).toEqual([3]);
  });
});
