import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextBatch } from './next-batch.ts';

it('it is found wherever it stands at the top, and only there', () => {
  const others = fc.dictionary(
    fc.string().filter((key) => key !== 'next_batch'),
    fc.oneof(fc.jsonValue(), fc.constant('next_batch'), fc.constant({ next_batch: 'not this' })),
  );
  fc.assert(
    fc.property(
      others,
      others,
      fc.string(),
      fc.constantFrom(0, 1),
      (before, after, token, spaces) => {
        const answer = { ...before, next_batch: token, ...after };
        expect(nextBatch(JSON.stringify(answer, undefined, spaces))).toBe(token);
      },
    ),
  );
});

it('an answer without it has none', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (answer) => {
      const { next_batch: _, ...without } = answer;
      expect(nextBatch(JSON.stringify(without))).toBeUndefined();
    }),
  );
  expect(nextBatch('{"rooms":{"next_batch":"no"},"x":"next_batch"}')).toBeUndefined();
  expect(nextBatch('{"next_batch":5}')).toBeUndefined();
});

it('any text at all is looked through without an error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      nextBatch(text);
      nextBatch(`{"${text}`);
    }),
  );
});
