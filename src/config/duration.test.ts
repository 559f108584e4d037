import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

it.each([
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

it.each(['', '5', 'm', '-5m', '5.5m', '5 m', '5M', '1h30m', 'never', '3651d', '9999999999999999s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

it('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3650 * 86_400_000 }), (durationMs) => {
      expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
    }),
  );
});

it('a duration that does not end is never', () => {
  expect(formatDuration(undefined)).toBe('never');
});
