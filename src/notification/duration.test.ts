import { expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['1w', 604_800_000],
  ['0s', 0],
  [' never ', 'never'],
])('%s is understood', (text, duration) => {
  expect(parseDuration(text)).toBe(duration);
});

it.each(['', '5', 'm', '-5m', '1.5h', '5 m', '4000d', '5y', 'forever', '5m5m'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
