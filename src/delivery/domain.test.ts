import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { Domain } from './domain.ts';
import type { Outcome } from './outcome.ts';

const error = 'HTTP 502';
const failed: Outcome = { kind: 'failed', error, unknown: true };
const away: Outcome = { kind: 'away', error };
const delivered: Outcome = { kind: 'delivered', eventId: '$e' };

function setUp() {
  const clock = new ManualClock();
  const admitted: number[] = [];
  const domain = new Domain(
    clock,
    () => 0.5,
    (lane) => admitted.push(lane),
  );
  return { clock, domain, admitted };
}

describe('the breaker of a homeserver', () => {
  it('closes at once when it cannot be reached, and longer each time', () => {
    const { domain, clock } = setUp();
    const closings: number[] = [];
    for (let i = 0; i < 12; i++) {
      domain.observe(1, away);
      closings.push(domain.barrier.closedForMs);
      clock.advance(domain.barrier.closedForMs);
    }
    expect(closings.slice(0, 4)).toEqual([1_000, 1_500, 3_000, 6_000]);
    expect(Math.max(...closings)).toBeLessThanOrEqual(5 * 60_000);
  });

  it('is not closed by a few broken rooms, however often they fail', () => {
    const { domain } = setUp();
    for (let i = 0; i < 1_000; i++) domain.observe(i % 4, failed);
    expect(domain.barrier.enter(9)).toBe(true);
  });

  it('closes when many lanes fail and none succeeds between, and stays closed after a failed probe', () => {
    const { domain, clock } = setUp();
    for (let lane = 0; lane < 4; lane++) domain.observe(lane, failed);
    domain.observe(0, delivered);
    for (let lane = 0; lane < 4; lane++) domain.observe(lane, failed);
    expect(domain.barrier.enter(9)).toBe(true);
    domain.observe(4, failed);
    expect(domain.barrier.enter(9)).toBe(false);
    clock.advance(1_000);
    domain.observe(9, failed);
    expect(domain.barrier.closedForMs).toBe(1_500);
  });

  it('is not closed longer by requests that were under way when it closed', () => {
    const { domain } = setUp();
    for (let i = 0; i < 10; i++) domain.observe(i, away);
    expect(domain.barrier.closedForMs).toBe(1_000);
  });
});
