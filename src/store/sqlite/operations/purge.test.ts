import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  claimAll,
  deliver,
  only,
  submission,
  t0,
} from '../../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from '../open-inline-store.ts';
import { openTempStore, type TempStore } from '../temp-store.contract.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await openTempStore(openInlineStore);
});
afterEach(async () => await temp.close());

async function placeOf(id: string): Promise<number> {
  await temp.store.accept(submission(id));
  const { seq } = only(await claimAll(temp.store));
  await deliver(temp.store, seq);
  return seq;
}

it('a place in the outbox is never used twice, also when its entry was purged', async () => {
  const places: number[] = [];
  for (const id of ['n1', 'n2', 'n3', 'n4']) {
    places.push(await placeOf(id));
    if (id === 'n3') continue;
    expect(await temp.store.purge({ delivered: t0 + 1, other: t0 + 1 }, 1)).toBe(1);
    await temp.restart();
  }
  expect(places).toEqual([1, 2, 3, 4]);
});

it('a place that is taken in the transaction of a purge is new', async () => {
  const { store } = temp;
  await store.accept(submission('n1'));
  await deliver(store, only(await claimAll(store)).seq);
  const purged = store.purge({ delivered: t0 + 1, other: t0 + 1 }, 1);
  await Promise.all([purged, store.accept(submission('n2'))]);
  expect(only(await claimAll(store)).seq).toBe(2);
});
