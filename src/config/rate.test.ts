import { expect, it } from 'vitest';
import { formatRate, parseRate } from './rate.ts';

it.each([
  ['10/s', { count: 10, intervalMs: 1000 }],
  ['100/m', { count: 100, intervalMs: 60_000 }],
  ['5000/h', { count: 5000, intervalMs: 3_600_000 }],
])('%s is read and written back', (text, rate) => {
  expect(parseRate(text)).toEqual(rate);
  expect(formatRate(rate)).toBe(text);
});

it.each(['', '10', '0/s', '10/d', '1.5/s', '1000000/s', '10 / s'])('%j is no rate', (text) => {
  expect(parseRate(text)).toBeUndefined();
});
