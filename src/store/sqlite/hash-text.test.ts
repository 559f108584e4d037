import { expect, it } from 'vitest';
import { hashText } from './hash-text.ts';

it('a hash never changes, as it is stored', () => {
  const hashes = ['', 'k1', 'wd1 k1', 'é💥'].map(hashText);
  expect(hashes).toMatchInlineSnapshot(`
    [
      6583554983476001,
      4336054380507813,
      5942969121980413,
      5706326449079623,
    ]
  `);
});

it('hashes of like texts differ, and are exact as numbers', () => {
  const hashes = Array.from({ length: 20_000 }, (_, index) => hashText(`key-${index}`));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
});
