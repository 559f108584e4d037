import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveredWorkContract } from './covered-work.contract.ts';
import { deliveryQueueContract } from './delivery-queue.contract.ts';
import { isPending } from './entry.ts';
import { intakeContract } from './intake.contract.ts';
import { lateEntriesContract } from './late-entries.contract.ts';
import { operatorContract } from './operator.contract.ts';
import type { Outbox, Submission } from './outbox.ts';
import {
  entry,
  type OpenOutbox,
  type OutboxHarness,
  submission,
  t0,
  target,
} from './outbox-harness.contract.ts';

/** What every implementation of the Outbox port promises. `runs`: how many random histories are played. */
export function outboxContract(name: string, open: OpenOutbox, runs = 15): void {
  describe(name, () => {
    intakeContract(open);
    deliveryQueueContract(open);
    coveredWorkContract(open);
    lateEntriesContract(open);
    operatorContract(open);

    it('counts agree with entries, and lanes with what they owe, whatever is done', async () => {
      const run = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const harness = await open();
        try {
          const outbox = await play(harness, steps);
          await expectAgreement(outbox);
        } finally {
          await harness.close();
        }
      });
      await fc.assert(run, { numRuns: runs });
    });
  });
}

const rooms = ['!a', '!b'] as const;

const step = fc.record({
  kind: fc.constantFrom('accept', 'claim', 'settle', 'cancel', 'redrive', 'purge', 'restart'),
  room: fc.constantFrom(...rooms),
  source: fc.constantFrom('one', 'two'),
  nth: fc.nat({ max: 20 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function play(harness: OutboxHarness, steps: readonly Step[]): Promise<Outbox> {
  let { outbox } = harness;
  for (const [index, each] of steps.entries()) {
    if (each.kind === 'restart') outbox = await harness.restart();
    else await take(outbox, each, index);
  }
  return outbox;
}

async function take(outbox: Outbox, { kind, room, source, nth }: Step, index: number) {
  const at = t0 + index;
  const id = `n${String(nth).padStart(2, '0')}`;
  switch (kind) {
    case 'accept':
      await outbox.accept(submissionOf({ kind, room, source, nth }, index));
      return;
    case 'claim':
      await claimSome(outbox, room, nth, at);
      return;
    case 'settle':
      await settleFirst(outbox, room, nth, at);
      return;
    case 'cancel':
      await outbox.cancel(`${id}-1`, at);
      return;
    case 'redrive':
      await outbox.redrive(`${id}-1`, { id: `r${index}`, txnId: `t${index}` }, true, at);
      return;
    case 'purge':
      await outbox.purge({ delivered: at, other: at - 5 }, 1 + (nth % 5));
      return;
    case 'restart':
      return;
  }
}

function submissionOf({ room, source, nth }: Step, index: number): Submission {
  return submission(`n${String(index).padStart(2, '0')}`, {
    source,
    createdAt: t0 + index,
    entries: nth % 2 === 0 ? [entry(room)] : [entry('!a'), entry('!b')],
    idempotency: nth > 15 ? { key: String(nth), digest: 'd', windowMs: 5 } : undefined,
  });
}

async function claimSome(outbox: Outbox, room: string, nth: number, at: number) {
  const lane = (await outbox.lanesWithWork()).find(({ key }) => key.room === room);
  if (lane === undefined) return undefined;
  const [first] = await outbox.claim(lane.id, 0, target, 1 + (nth % 4), at);
  return first === undefined ? undefined : { lane, seq: first.seq };
}

async function settleFirst(outbox: Outbox, room: string, nth: number, at: number) {
  const claimed = await claimSome(outbox, room, nth, at);
  if (claimed === undefined) return;
  const { lane, seq } = claimed;
  if (nth % 3 === 0) await outbox.settle([{ seq, state: 'delivered', eventId: '$e', at }]);
  else if (nth % 3 === 1) await outbox.settle([{ seq, state: 'expired', at }]);
  else await outbox.settle([{ seq, state: 'dead', reason: 'refused', error: 'no', at }]);
  await outbox.release(lane.id, undefined);
}

async function expectAgreement(outbox: Outbox): Promise<void> {
  const views = await outbox.entries({ limit: 10_000 });
  const { entries, oldestPendingAt } = await outbox.counts();
  const told = entries.map(({ source, state, count }) => `${source} ${state} ${count}`);
  const counted = [...Map.groupBy(views, ({ source, state }) => `${source} ${state}`)];
  expect(told.sort()).toEqual(counted.map(([slot, { length }]) => `${slot} ${length}`).sort());
  const pending = views.filter(({ state }) => isPending(state));
  const oldest = pending.length === 0 ? undefined : Math.min(...pending.map((v) => v.createdAt));
  expect(oldestPendingAt).toBe(oldest);
  const lanes = await outbox.lanesWithWork();
  expect(new Set(lanes.map(({ key }) => key.room))).toEqual(new Set(pending.map((v) => v.room)));
  for (const lane of lanes) {
    const owed = await outbox.claim(lane.id, 0, target, 1_000, t0);
    const expected = pending.filter(({ room }) => room === lane.key.room).map(({ id }) => id);
    expect(owed.map(({ id }) => id)).toEqual(expected);
  }
}
