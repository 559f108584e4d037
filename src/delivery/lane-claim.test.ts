import { expect, it } from 'vitest';
import type { ClaimedEntry, DeliveryQueue, LaneId, Target, Work } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { LaneClaim } from './lane-claim.ts';

const id = 1 as LaneId;
const target: Target = { roomId: '!r', deviceId: 'D' };
const entryOf = (seq: number) => ({ seq }) as ClaimedEntry;
const entriesTo = (last: number) => Array.from({ length: last }, (_, i) => entryOf(i + 1));

/** What was accepted next, after the entry before it. */
const next = (seq: number): Work => ({
  lane: { id, key: { account: 'main', room: '!r' } },
  covered: [{ entry: entryOf(seq), after: seq - 1 }],
  more: false,
});

const claimOf = (claim: DeliveryQueue['claim']) =>
  new LaneClaim({ queue: { claim }, clock: new ManualClock() }, id);

function dropAll(claim: LaneClaim): number[] {
  const seqs: number[] = [];
  for (let entry = claim.next; entry !== undefined; entry = claim.next) {
    seqs.push(entry.seq);
    claim.drop();
  }
  return seqs;
}

it('what a claim under way may hand out is not taken beside it', async () => {
  const second = Promise.withResolvers<ClaimedEntry[]>();
  const claim = claimOf(async (_lane, after) => {
    if (after === 0) return await Promise.resolve(entriesTo(16));
    return await second.promise;
  });
  claim.fetchAhead(target);
  await claim.arriving;
  for (let i = 0; i < 8; i++) claim.drop();
  claim.fetchAhead(target);
  expect(claim.take(next(17))).toBe(false);
  second.resolve([entryOf(17)]);
  await claim.arriving;
  expect(claim.take(next(18))).toBe(true);
  expect(dropAll(claim)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
});

it('a claim takes nothing that does not come next, none without a claim, and none after its end', async () => {
  const claim = claimOf(async () => await Promise.resolve([entryOf(1)]));
  expect(claim.take(next(1))).toBe(false);
  claim.fetchAhead(target);
  await claim.arriving;
  expect(claim.take(next(3))).toBe(false);
  expect(claim.take(next(2))).toBe(true);
  expect(claim.endIfEmpty()).toBe(false);
  expect(dropAll(claim)).toEqual([1, 2]);
  expect(claim.endIfEmpty()).toBe(true);
  expect(claim.take(next(3))).toBe(false);
});
