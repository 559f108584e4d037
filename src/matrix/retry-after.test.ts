import fc from 'fast-check';
import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const date = 'Fri, 20 Nov 2026 12:00:00 GMT';

it.each([
  [{}, undefined, undefined],
  [{ 'retry-after': '5' }, undefined, 5000],
  [{ 'retry-after': '5' }, 4756, 5000],
  [{ 'retry-after': '5' }, 5756, 5756],
  [{}, 4756.2, 4757],
  [{ 'retry-after': ' 0.5 ' }, undefined, 500],
  [{ 'retry-after': '' }, undefined, undefined],
  [{ 'retry-after': 'soon' }, undefined, undefined],
  [{ 'retry-after': 'soon' }, 100, 100],
  [{ 'retry-after': '-5' }, undefined, undefined],
  [{ 'retry-after': '999999999' }, undefined, 86_400_000],
  [{}, -1, 0],
  [{}, '5', undefined],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT', date }, undefined, 30_000],
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT', date }, undefined, 0],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, undefined, undefined],
])('%j with a body of %j means %j ms', (headers, body, expected) => {
  expect(retryAfterMs(headers, body)).toBe(expected);
});

it('whatever a server says, the wait is a whole number within its bound', () => {
  const header = fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String));
  fc.assert(
    fc.property(header, fc.oneof(fc.double(), fc.anything()), (retryAfter, body) => {
      const wait = retryAfterMs({ 'retry-after': retryAfter, date }, body);
      if (wait === undefined) return;
      expect(Number.isInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(86_400_000);
    }),
  );
});
