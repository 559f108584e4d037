import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { createIds, entryTxnId } from './new-id.ts';

function clockOf(times: () => number): Clock {
  return { now: times, monotonic: times, after: () => () => undefined };
}

const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

describe('ids', () => {
  it('are ULIDs that carry the time', () => {
    const ids = createIds(
      clockOf(() => 1_469_922_850_259),
      (count) => new Uint8Array(count),
    );
    expect(ids.notification()).toBe('01ARZ3NDEK0000000000000000');
  });

  it('grow strictly whatever the wall clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1000 }), { maxLength: 50 }),
        (times) => {
          let turn = 0;
          const ids = createIds(
            clockOf(() => times[turn++] ?? 0),
            randomBytes,
          );
          const made = times.map(() => ids.notification());
          expect(made.every((id) => ulid.test(id))).toBe(true);
          expect([...made].sort()).toEqual(made);
          expect(new Set(made).size).toBe(made.length);
        },
      ),
    );
  });

  it('grow also when the random part is used up within a millisecond', () => {
    const ids = createIds(
      clockOf(() => 1000),
      (count) => new Uint8Array(count).fill(255),
    );
    const first = ids.notification();
    const second = ids.notification();
    expect(second > first).toBe(true);
    expect(second.slice(0, 10) > first.slice(0, 10)).toBe(true);
  });

  it('differ between two processes that start in the same millisecond', () => {
    const one = createIds(
      clockOf(() => 5),
      randomBytes,
    );
    const two = createIds(
      clockOf(() => 5),
      randomBytes,
    );
    expect(one.notification()).not.toBe(two.notification());
  });

  it('transaction ids are recognisable and unique', () => {
    const ids = createIds(
      clockOf(() => 5),
      randomBytes,
    );
    expect(ids.txn()).toMatch(/^bh-[0-9A-Z]{26}$/);
    expect(ids.txn()).not.toBe(ids.txn());
    expect(entryTxnId('01ARZ3NDEKTSV4RRFFQ69G5FAV', 2)).toBe('bh-01ARZ3NDEKTSV4RRFFQ69G5FAV-2');
  });
});
