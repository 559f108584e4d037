import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimedEntry } from '../../../outbox/outbox.ts';
import {
  claimAll,
  deliver,
  laneOf,
  lateAt,
  lateSubmission,
  t0,
} from '../../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from '../open-inline-store.ts';
import { openTempStore, type TempStore } from '../temp-store.contract.ts';

const content = (bytes: number) => JSON.stringify({ body: 'x'.repeat(bytes), msgtype: 'm.text' });
const isNoted = ({ accepted }: ClaimedEntry) => accepted !== undefined;

let temp: TempStore;
afterEach(async () => await temp.close());

describe('a claim of late entries', () => {
  beforeEach(async () => {
    temp = await openTempStore(openInlineStore);
  });

  it('notes no more than nobody else has to wait for', async () => {
    for (const id of ['n1', 'n2', 'n3'])
      await temp.store.accept(lateSubmission(id, { content: content(12_000) }));
    const claimed = await claimAll(temp.store, '!ops:x', lateAt);
    expect(claimed.map(isNoted)).toEqual([true, true, false]);
  });

  it('leaves to delivery what it will encrypt', async () => {
    const account = { account: 'main', room: '!ops:x', resolvedAt: t0, predecessors: [] };
    await temp.store.remember({ ...account, roomId: '!here', encrypted: true });
    await temp.store.accept(lateSubmission('n1'));
    const claimed = await claimAll(temp.store, '!ops:x', lateAt);
    expect(claimed.map(isNoted)).toEqual([false]);
  });
});

it('a full disk is not asked for notes until it takes a message again', async () => {
  temp = await openTempStore(openInlineStore, { pagesMax: 100 });
  const { store } = temp;
  const fill = async () => {
    for (let n = 0; n < 100; n++)
      await store.accept(lateSubmission(`n${n}`, { content: content(10_000) }));
  };
  await expect(fill()).rejects.toMatchObject({ code: 'storage_full' });
  const unnoted = await claimAll(store, '!ops:x', lateAt);
  expect(unnoted.some(isNoted)).toBe(false);
  const { id } = await laneOf(store);
  for (const { seq } of unnoted) await deliver(store, seq);
  await store.release(id, undefined);
  await store.purge({ delivered: t0 + 1, other: t0 + 1 }, 1_000);
  await store.accept(lateSubmission('after'));
  expect((await claimAll(store, '!ops:x', lateAt)).map(isNoted)).toEqual([true]);
});
