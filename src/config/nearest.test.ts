import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const keys = ['accounts', 'listen', 'retention', 'rooms', 'token_file'];

it.each([
  ['retnetion', 'retention'],
  ['acounts', 'accounts'],
  ['Listen', 'listen'],
  ['token-file', 'token_file'],
  ['room', 'rooms'],
])('%s is meant to be %s', (word, meant) => {
  expect(nearest(word, keys)).toBe(meant);
});

it('a word that resembles nothing has no neighbour', () => {
  expect(nearest('zebra', keys)).toBeUndefined();
  expect(nearest('', keys)).toBeUndefined();
  expect(nearest('a'.repeat(100_000), keys)).toBeUndefined();
});

it('a known word is its own neighbour', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 64 }), (word) => {
      expect(nearest(word, [word])).toBe(word);
    }),
  );
});
