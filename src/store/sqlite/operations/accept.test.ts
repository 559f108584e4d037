import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryTxnId } from '../../../outbox/new-id.ts';
import {
  claimAll,
  deliver,
  entry,
  only,
  submission,
  t0,
  viewOf,
} from '../../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from '../open-inline-store.ts';
import { openTempStore, type TempStore } from '../temp-store.contract.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await openTempStore(openInlineStore);
});
afterEach(async () => await temp.close());

const two = submission('n1', { entries: [entry('!a'), entry('!b')] });

describe('a notification of which the first entry is purged', () => {
  beforeEach(async () => {
    const { store } = temp;
    await store.accept(two);
    await deliver(store, only(await claimAll(store, '!a')).seq);
    expect(await store.purge({ delivered: t0 + 1, other: t0 + 1 }, 10)).toBe(1);
  });

  it('is not taken again', async () => {
    expect(await temp.store.accept(two)).toMatchObject({ kind: 'duplicate', id: 'n1' });
    const left = await temp.store.entries({ limit: 10 });
    expect(left.map(({ id }) => id)).toEqual(['n1-2']);
  });

  it('is found by its id, and what comes after the purged entry too', async () => {
    const { store } = temp;
    const found = await store.entries({ notificationId: 'n1', limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(['n1-2']);
    const next = await store.entries({ after: 'n1-1', limit: 10 });
    expect(next.map(({ id }) => id)).toEqual(['n1-2']);
  });
});

it('a transaction id and a type come back as they were given, usual or not', async () => {
  const { store } = temp;
  const usual = entry('!a', { txnId: entryTxnId('n1', 1) });
  const unusual = entry('!a', { txnId: entryTxnId('n1', 1).slice(1), type: 'm.reaction' });
  await store.accept(submission('n1', { entries: [usual, unusual] }));
  const claimed = await claimAll(store, '!a');
  for (const [index, { txnId, type }] of [usual, unusual].entries()) {
    expect(claimed[index]).toMatchObject({ txnId, type });
    expect(await viewOf(store, `n1-${index + 1}`)).toMatchObject({ txnId, type });
  }
});

it('a key that is outdated frees all entries of its notification', async () => {
  const { store } = temp;
  const keyed = (id: string, createdAt: number) =>
    submission(id, {
      createdAt,
      idempotency: { key: 'k', digest: 'd', windowMs: 10 },
      entries: [entry('!a'), entry('!b')],
    });
  await store.accept(keyed('n1', t0));
  expect(await store.accept(keyed('n2', t0 + 10))).toMatchObject({ kind: 'accepted' });
  const again = await store.accept(keyed('n3', t0 + 11));
  expect(again).toMatchObject({ kind: 'duplicate', id: 'n2', entryIds: ['n2-1', 'n2-2'] });
});
