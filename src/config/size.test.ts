import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatSize, parseSize } from './size.ts';

it.each([
  ['0B', 0],
  ['64KiB', 65_536],
  ['1MiB', 1_048_576],
  ['500kB', 500_000],
  ['1 GB', 1_000_000_000],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each(['', '1', '1M', '1mib', '-1B', '1.5MiB', '1  B'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

it('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 * 1024 ** 2 }), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});
