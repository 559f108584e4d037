import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimedEntry } from '../outbox/outbox.ts';
import type { Outcome } from './outcome.ts';
import { decide, mustLookUp } from './policy.ts';

const hourMs = 60 * 60_000;
const now = Date.UTC(2026, 0, 1);
const target = { roomId: '!r:x', deviceId: 'DEV' };

function entry(over: Partial<ClaimedEntry> = {}): ClaimedEntry {
  return {
    seq: 1,
    id: 'E-1',
    notificationId: 'E',
    source: 's',
    txnId: 't',
    type: 'm.room.message',
    content: Buffer.from('{}'),
    createdAt: now,
    lateAfterMs: undefined,
    expireAt: undefined,
    accepted: undefined,
    sealedFor: undefined,
    hasAttachment: false,
    unknown: undefined,
    failures: { count: 0, since: undefined },
    ...over,
  };
}

const failed: Outcome = { kind: 'failed', error: 'HTTP 500', unknown: true };

describe('the retry policy', () => {
  it('ends an entry that failed 20 times over an hour while others were served', () => {
    const failures = { count: 19, since: now - hourMs };
    const verdict = decide(failed, { entry: entry({ failures }), now, othersServed: true });
    expect(verdict).toMatchObject({ kind: 'settle', settlement: { reason: 'server-error' } });
  });

  it('does not end it before an hour is over', () => {
    const failures = { count: 500, since: now - hourMs + 1 };
    const verdict = decide(failed, { entry: entry({ failures }), now, othersServed: true });
    expect(verdict.kind).toBe('wait');
  });

  it('counts nothing while the homeserver serves nobody', () => {
    const failures = { count: 19, since: now - 24 * hourMs };
    const verdict = decide(failed, { entry: entry({ failures }), now, othersServed: false });
    expect(verdict).toMatchObject({ kind: 'wait', failures });
  });

  it('never ends an entry for a rate limit, an outage, a closed room or a blocked account', () => {
    const survivable: Outcome[] = [
      { kind: 'limited', retryAfterMs: 5, error: '' },
      { kind: 'away', error: '' },
      { kind: 'room-closed', error: '' },
      { kind: 'account-blocked', error: '' },
    ];
    const failures = { count: 1_000, since: 0 };
    for (const outcome of survivable) {
      const verdict = decide(outcome, { entry: entry({ failures }), now, othersServed: true });
      expect(verdict).toMatchObject({ kind: 'wait', unknown: false, failures });
    }
  });

  it('gives every outcome exactly one end or one wait', () => {
    const outcomes = fc.oneof(
      fc.record({ kind: fc.constant('delivered' as const), eventId: fc.string() }),
      fc.record({
        kind: fc.constant('failed' as const),
        error: fc.string(),
        unknown: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('limited' as const),
        retryAfterMs: fc.nat(),
        error: fc.string(),
      }),
    );
    fc.assert(
      fc.property(outcomes, fc.nat(50), fc.boolean(), (outcome, count, othersServed) => {
        const failures = { count, since: now - 2 * hourMs };
        const verdict = decide(outcome, { entry: entry({ failures }), now, othersServed });
        if (outcome.kind === 'delivered') expect(verdict.kind).toBe('settle');
        if (outcome.kind === 'limited') expect(verdict.kind).toBe('wait');
        if (verdict.kind === 'settle') expect(verdict.settlement.seq).toBe(1);
      }),
    );
  });
});

describe('an attempt of unknown fate', () => {
  const unknown = { since: now, target };

  it('is repeated with the same bytes for half a day', () => {
    expect(mustLookUp(unknown, target, now + 12 * hourMs - 1)).toBe(false);
  });

  it('is looked up after half a day', () => {
    expect(mustLookUp(unknown, target, now + 12 * hourMs)).toBe(true);
  });

  it('is looked up when the clock went back behind it', () => {
    expect(mustLookUp(unknown, target, now - 1)).toBe(true);
  });

  it('is looked up when the device or the room is another, or was not recorded', () => {
    expect(mustLookUp(unknown, { ...target, deviceId: 'NEW' }, now)).toBe(true);
    expect(mustLookUp(unknown, { ...target, roomId: '!new' }, now)).toBe(true);
    expect(mustLookUp({ since: now, target: undefined }, target, now)).toBe(true);
  });
});
