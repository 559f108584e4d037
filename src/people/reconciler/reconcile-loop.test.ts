import { describe, expect, it } from 'vitest';
import { openPeople, passTime } from '../world/people-fixture.contract.ts';

describe('the reconciler', () => {
  it('comes back within 30 s of the homeserver, however long it was away', async () => {
    const { world, clock, say, stop, reconciler, failures } = openPeople();
    world.addUser('alice');
    await say('revoked', 'alice');
    let isAway = true;
    world.fault = () => (isAway ? 'away' : undefined);
    const run = reconciler.run(stop.signal);
    const waits: number[] = [];
    while (waits.length < 9) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = clock.nextDueMs;
      if (due === undefined || due > 30_000) continue;
      waits.push(due);
      clock.advance(due);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    isAway = false;
    const back = clock.now();
    while (!world.calls.some((call) => call.startsWith('deactivate'))) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = clock.nextDueMs;
      if (due !== undefined && due <= 30_000) clock.advance(due);
    }
    expect(clock.now() - back).toBeLessThanOrEqual(30_000);
    expect(failures).toHaveLength(9);
    stop.abort();
    await passTime(clock, run);
  });

  it('is woken by a change, and by one that comes while it works', async () => {
    const { world, clock, say, stop, reconciler } = openPeople();
    const run = reconciler.run(stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    const before = clock.now();
    world.addUser('alice');
    await say('created', 'alice');
    while (!world.placesOf('alice').includes('general:join:')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(clock.now()).toBe(before);
    stop.abort();
    await passTime(clock, run);
  });

  it('begins with a guarded revocation as soon as it has waited for others', async () => {
    const { world, clock, say, stop, reconciler } = openPeople();
    world.addUser('alice');
    const run = reconciler.run(stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(7_000);
    const asked = clock.now();
    await say('revoked', 'alice', { guarded: true });
    while (!world.calls.includes('devices @alice:x')) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = clock.nextDueMs;
      if (due !== undefined && due <= 30_000) clock.advance(due);
    }
    expect(clock.now() - asked).toBe(15_000);
    stop.abort();
    await passTime(clock, run);
  });

  it('ends when it is told to, also in the middle of a long deactivation', async () => {
    const { world, clock, say, stop, reconciler, failures } = openPeople();
    world.addUser('alice');
    world.deactivationMs = 100_000;
    await say('revoked', 'alice');
    const run = reconciler.run(stop.signal);
    while (!world.calls.some((call) => call.startsWith('deactivate'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort();
    await passTime(clock, run);
    expect(world.violations).toEqual([]);
    expect(failures).toEqual([]);
  });
});
