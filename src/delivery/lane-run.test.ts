import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { LaneId, Settlement } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { LaneRun, type LaneRunDeps } from './lane-run.ts';
import { SettlementLog } from './settlement-log.ts';

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
  const lane = { id: 1 as LaneId, key: { account: 'main', room: '!r' } };
  const run = new LaneRun(deps as unknown as LaneRunDeps, lane).run();
  for (let i = 0; i < 5; i++) await turn();
  written.resolve();
  expect(await run).toMatchObject({ kind: 'broken', cause: { code: 'storage_full' } });
});
