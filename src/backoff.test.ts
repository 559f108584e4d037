import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('a wait doubles from 1 s to its longest, which is 5 min unless another is named', () => {
  expect([0, 1, 2, 8, 9, 1_000].map((failures) => backoffMs(failures, 1))).toEqual([
    1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
  ]);
  expect([4, 5, 1_000].map((failures) => backoffMs(failures, 1, 30_000))).toEqual([
    16_000, 30_000, 30_000,
  ]);
});

it('a wait is never shorter than 1 s nor than half of what it could be', () => {
  const failures = fc.nat({ max: 1_000 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(failures, chance, (count, luck) => {
      const [ms, longest] = [backoffMs(count, luck), backoffMs(count, 1)];
      expect(ms).toBeGreaterThanOrEqual(Math.max(1_000, longest / 2));
      expect(ms).toBeLessThanOrEqual(longest);
    }),
  );
});
