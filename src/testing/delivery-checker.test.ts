import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DeliveryChecker } from './delivery-checker.ts';

function judge(expected: readonly string[], arrived: readonly string[]) {
  const checker = new DeliveryChecker();
  for (const mark of expected) checker.expect('lane', mark);
  for (const mark of arrived) checker.arrive('lane', mark);
  return checker.verdict();
}

const clean = { lost: 0, doubled: 0, misordered: 0, unexpected: 0, examples: [] };

it('what arrives once and in order is clean', () => {
  expect(judge(['a', 'b', 'c'], ['a', 'b', 'c'])).toEqual({ expected: 3, delivered: 3, ...clean });
});

it('a mark that is missing is lost, and named', () => {
  expect(judge(['a', 'b'], ['a'])).toMatchObject({ lost: 1, examples: ['lost in lane: b'] });
});

it('a mark that comes again is doubled, and misorders nothing', () => {
  expect(judge(['a', 'b'], ['a', 'b', 'a', 'a'])).toMatchObject({ doubled: 2, misordered: 0 });
});

it('a mark after one that should follow it is misordered', () => {
  expect(judge(['a', 'b', 'c'], ['b', 'a', 'c'])).toMatchObject({ misordered: 1, lost: 0 });
});

it('a gap alone misorders nothing', () => {
  expect(judge(['a', 'b', 'c'], ['a', 'c'])).toMatchObject({ misordered: 0, lost: 1 });
});

it('a mark nobody expects, or in another lane, is unexpected', () => {
  expect(judge(['a'], ['a', 'z'])).toMatchObject({ unexpected: 1 });
  const checker = new DeliveryChecker();
  checker.expect('one', 'a');
  checker.arrive('other', 'a');
  expect(checker.verdict()).toMatchObject({ lost: 1, unexpected: 1 });
});

it('only an arrival of everything, once and in order, is clean', () => {
  const marks = fc.array(fc.nat(9).map(String), { maxLength: 12 });
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(9).map(String)), marks, (expected, arrived) => {
      const { lost, doubled, misordered, unexpected } = judge(expected, arrived);
      const isClean = lost + doubled + misordered + unexpected === 0;
      expect(isClean).toBe(JSON.stringify(expected) === JSON.stringify(arrived));
    }),
  );
});
