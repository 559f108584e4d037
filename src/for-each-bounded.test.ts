import { expect, it } from 'vitest';
import { forEachBounded } from './for-each-bounded.ts';

it('each is worked on once, never more at a time than allowed', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const items = Array.from({ length: 20 }, (_, index) => index);
  await forEachBounded(items, 3, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
  });
  expect(done.sort((a, b) => a - b)).toEqual(items);
  expect(most).toBe(3);
});

it('the first error is thrown when those begun have ended, and no more are begun', async () => {
  const begun: number[] = [];
  let slowEnded = false;
  const work = async (item: number) => {
    begun.push(item);
    await Promise.resolve();
    if (item === 0) throw new Error('broken');
    for (let i = 0; i < 10; i++) await Promise.resolve();
    slowEnded = true;
  };
  await expect(forEachBounded([0, 1, 2, 3], 2, work)).rejects.toThrow('broken');
  expect(begun).toEqual([0, 1]);
  expect(slowEnded).toBe(true);
});
