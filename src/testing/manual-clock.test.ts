import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pause } from '../clock.ts';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './seeded-random.ts';

it('timers run in the order they fall due, each at its own time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), (delaysMs) => {
      const clock = new ManualClock();
      const ran: number[] = [];
      const startMs = clock.now();
      for (const delayMs of delaysMs) {
        clock.after(delayMs, () => {
          expect(clock.monotonic()).toBe(delayMs);
          expect(clock.now() - startMs).toBe(delayMs);
          ran.push(delayMs);
        });
      }
      clock.advance(1000);
      expect(ran).toEqual(delaysMs.toSorted((one, other) => one - other));
      expect(clock.waiting).toBe(0);
    }),
  );
});

it('timers that a timer sets run within the same advance', () => {
  const clock = new ManualClock();
  const ran: number[] = [];
  clock.after(10, () => clock.after(10, () => ran.push(clock.monotonic())));
  expect(clock.nextDueMs).toBe(10);
  clock.advance(25);
  expect(ran).toEqual([20]);
  expect(clock.monotonic()).toBe(25);
  expect(clock.nextDueMs).toBeUndefined();
});

it('a cancelled timer does not run', () => {
  const clock = new ManualClock();
  const cancel = clock.after(10, () => expect.unreachable());
  cancel();
  clock.advance(10);
});

it('a jump moves the wall clock and runs nothing', async () => {
  const clock = new ManualClock(1000);
  const paused = pause(clock, 10);
  clock.jump(-500);
  expect([clock.now(), clock.monotonic(), clock.waiting]).toEqual([500, 0, 1]);
  clock.advance(10);
  await paused;
  expect(clock.now()).toBe(510);
});

it('a timer that re-arms itself without letting time pass is an error, not a hang', () => {
  const clock = new ManualClock();
  const again = () => {
    clock.after(0, again);
  };
  again();
  expect(() => clock.advance(1)).toThrow(/timers fell due/);
});

it('the same seed gives the same numbers, all in [0, 1)', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [one, other] = [seededRandom(seed), seededRandom(seed)];
      for (let i = 0; i < 20; i++) {
        const number = one();
        expect(number).toBe(other());
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }
    }),
  );
});
