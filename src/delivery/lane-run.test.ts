import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { ClaimedEntry, LaneId, Settlement } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { LaneRun, type LaneRunDeps } from './lane-run.ts';
import { SettlementLog } from './settlement-log.ts';

const lane = { id: 1 as LaneId, key: { account: 'main', room: '!r' } };

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const end = (seq: number): Settlement => ({ seq, state: 'expired', at: 0 });

it('a claim that fails while the lane waits for the settlement log is not taken for an empty lane', async () => {
  const written = Promise.withResolvers<void>();
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const settle = async () => await written.promise;
  const settlements = new SettlementLog({ settle }, clock, () => undefined, signal);
  settlements.add(end(0));
  await turn();
  for (let seq = 1; !settlements.isFull; seq++) settlements.add(end(seq));
  const deps = {
    settlements,
    clock,
    signal,
    sender: { open: async () => await Promise.resolve({ ok: true, target: {} }) },
    queue: {
      claim: async () => await Promise.reject(new Failure('storage_full')),
      release: async () => await Promise.resolve(),
    },
    moreComes: async () => await Promise.resolve(false),
  };
  const run = new LaneRun(deps as unknown as LaneRunDeps, lane).run();
  for (let i = 0; i < 5; i++) await turn();
  written.resolve();
  expect(await run).toMatchObject({ kind: 'broken', cause: { code: 'storage_full' } });
});

it('a run that claimed nothing yet takes nothing: the claim that covers it may lead elsewhere', async () => {
  const { signal } = new AbortController();
  const opening = Promise.withResolvers<never>();
  const deps = { signal, sender: { open: () => opening.promise } };
  const run = new LaneRun(deps as unknown as LaneRunDeps, lane);
  void run.run();
  await turn();
  const entry = { seq: 5 } as ClaimedEntry;
  expect(run.take({ lane, covered: [{ entry, after: 0 }], more: false })).toBe(false);
});

it('what a claim handed out already is not taken again', async () => {
  const entries = [5, 6].map((seq) => ({ seq, createdAt: 0, content: Buffer.of() }));
  const [first, second] = entries as unknown as ClaimedEntry[];
  if (first === undefined || second === undefined) throw new Error('there are two');
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const sent: number[] = [];
  const taken: boolean[] = [];
  const settle = async () => await Promise.resolve();
  const deps = {
    settlements: new SettlementLog({ settle }, clock, () => undefined, signal),
    clock,
    signal,
    sender: {
      open: async () => await Promise.resolve({ ok: true, target: {} }),
      mustComplete: () => false,
      send: async ({ seq }: ClaimedEntry) => {
        if (seq === 5) taken.push(run.take({ lane, covered: [covered], more: false }));
        sent.push(seq);
        return await Promise.resolve({ kind: 'delivered', eventId: `$${seq}` });
      },
    },
    queue: {
      claim: async (_lane: LaneId, after: number) =>
        await Promise.resolve(after === 0 ? [first, second] : []),
      release: async () => await Promise.resolve(),
    },
    events: { attempted: () => undefined, settled: () => undefined },
    observe: () => undefined,
    mayGoOn: () => true,
    isWoken: () => false,
    othersWait: () => false,
    othersServed: () => false,
    moreComes: async () => await Promise.resolve(false),
  };
  const covered = { entry: second, after: 5 };
  const run = new LaneRun(deps as unknown as LaneRunDeps, lane);
  expect(await run.run()).toEqual({ kind: 'drained' });
  expect({ sent, taken }).toEqual({ sent: [5, 6], taken: [true] });
});
