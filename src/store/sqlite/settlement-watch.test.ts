import { expect, it } from 'vitest';
import type { Executor } from './executor.ts';
import { SettlementWatch } from './settlement-watch.ts';

/** A store with one entry, at place 1, whose answers come when they are let go. */
function openWatch() {
  const answer = Promise.withResolvers<void>();
  const replies: Readonly<Record<string, unknown>> = { pendingSeqs: [1], views: [] };
  const executor = {
    commits: 0,
    run: async (name: string) => {
      if (name === 'pendingSeqs') await answer.promise;
      return replies[name];
    },
    close: () => Promise.resolve(),
  };
  const watch = new SettlementWatch(executor as unknown as Executor);
  return { watch, answer };
}

it.each([0, 1, 2, 3, 4, 5])(
  'an entry that is settled %i turns after it was said to be owed keeps nobody waiting',
  async (turns) => {
    const { watch, answer } = openWatch();
    const settled = watch.whenSettled(['n-1'], AbortSignal.timeout(60_000));
    answer.resolve();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    watch.noteSettled([1]);
    expect(await settled).toEqual([]);
  },
  1_000,
);
