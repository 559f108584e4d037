import { expect, it } from 'vitest';
import { storedTxnId, storedType, txnIdOf, typeOf } from './usual-values.ts';

it('what is usual is stored as null, and never means something else', () => {
  expect(storedType('m.room.message')).toBeNull();
  expect(storedTxnId('bh-01J-2', '01J', 2)).toBeNull();
  expect(typeOf(null)).toBe('m.room.message');
  expect(txnIdOf(null, '01J', 2)).toBe('bh-01J-2');
});

it('what is not usual is stored as it is', () => {
  expect(typeOf(storedType('m.reaction'))).toBe('m.reaction');
  expect(txnIdOf(storedTxnId('bh-01J-1', '01J', 2), '01J', 2)).toBe('bh-01J-1');
});
