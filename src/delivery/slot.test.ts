import { expect, it } from 'vitest';
import type { LaneId } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Barrier } from './barrier.ts';
import { Domain } from './domain.ts';
import type { Outcome } from './outcome.ts';
import { Slot } from './slot.ts';

const delivered: Outcome = { kind: 'delivered', eventId: '$e' };

it('others count as served since the lane failed last, and its own successes never do', () => {
  const clock = new ManualClock();
  const domain = new Domain(
    clock,
    () => 0,
    () => undefined,
  );
  const gate = new Barrier(clock, () => undefined);
  const lane = { id: 1 as LaneId, key: { account: 'main', room: '!r' } };
  const slot = new Slot(lane, { domain, ready: [], running: 0 }, gate);
  const own = () => {
    domain.observe(1, delivered);
    slot.served();
  };
  own();
  expect(slot.wereOthersServed).toBe(false);
  domain.observe(2, delivered);
  expect(slot.wereOthersServed).toBe(true);
  slot.failed();
  own();
  expect(slot.wereOthersServed).toBe(false);
  domain.observe(2, delivered);
  expect(slot.wereOthersServed).toBe(true);
});
