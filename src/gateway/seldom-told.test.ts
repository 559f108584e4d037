import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { SeldomTold } from './seldom-told.ts';

describe('what is seldom told', () => {
  it('is due once a minute for each key', () => {
    const clock = new ManualClock();
    const told = new SeldomTold(clock);
    expect(['a', 'a', 'b', 'a'].map((key) => told.isDue(key))).toEqual([true, false, true, false]);
    clock.advance(59_999);
    expect(told.isDue('a')).toBe(false);
    clock.advance(1);
    expect(told.isDue('a')).toBe(true);
  });

  it('is due for 64 keys a minute, however many come', () => {
    const clock = new ManualClock();
    const told = new SeldomTold(clock);
    const keys = Array.from({ length: 1000 }, (_, index) => String(index));
    expect(keys.filter((key) => told.isDue(key))).toHaveLength(64);
    clock.advance(60_000);
    expect(told.isDue('later')).toBe(true);
  });
});
