import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EntryState, entryStates } from '../../../outbox/entry.ts';
import { acceptMany, claimAll, deliver, kill } from '../../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from '../open-inline-store.ts';
import { openTempStore, type TempStore } from '../temp-store.contract.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await openTempStore(openInlineStore);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await temp.close();
});

/** Every set of states, each in the order of the list and turned round, with a repeat. */
const lists: readonly (readonly EntryState[])[] = Array.from(
  { length: 2 ** entryStates.length },
  (_, bits) => entryStates.filter((_state, index) => (bits >> index) % 2 === 1),
).flatMap((states) => [states, [...states].reverse(), [...states, ...states]]);

describe('a list of entries by their states', () => {
  it('names exactly those, in whatever order and however often they are asked for', async () => {
    const { store } = temp;
    await acceptMany(store, 5);
    const [first, second, third] = await claimAll(store);
    await deliver(store, first?.seq ?? 0);
    await kill(store, second?.seq ?? 0);
    await store.settle([{ seq: third?.seq ?? 0, state: 'expired', at: 0 }]);
    const all = await store.entries({ limit: 10 });
    for (const states of lists) {
      const expected = all.filter(({ state }) => states.includes(state));
      expect(await store.entries({ states, limit: 10 })).toEqual(expected);
    }
  });

  it('takes a few statements, whatever callers ask for', async () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    for (const states of lists) await temp.store.entries({ states, limit: 10 });
    expect(prepare.mock.calls.length).toBeLessThanOrEqual(3);
  });
});
