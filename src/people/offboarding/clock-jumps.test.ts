import { describe, expect, it } from 'vitest';
import { mergeChange } from '../ledger/merge-change.ts';
import type { PersonRecord } from '../person-record.ts';
import { defaultGuardPolicy, guardRevocations } from './guard.ts';
import {
  defaultOffboardingPolicy,
  isEndingDue,
  mayBeEnding,
  type Offboarding,
} from './offboarding.ts';

const hour = 3_600_000;
const now = 1_800_000_000_000;

function revoked(personId: string, at: number): PersonRecord {
  const change = { personId, name: personId, source: 'directory', guarded: true, at };
  return mergeChange(mergeChange(undefined, { ...change, kind: 'created' }), {
    ...change,
    kind: 'revoked',
  });
}

describe('after the clock was set back', () => {
  it('a revocation does not wait until its time has come again', () => {
    const verdict = guardRevocations([revoked('a', now + hour)], defaultGuardPolicy, now);
    expect(verdict.settling.size + verdict.held.size).toBe(0);
  });

  it('many revocations at once are still held', () => {
    const records = Array.from({ length: 10 }, (_, index) => revoked(`p${index}`, now + hour));
    expect(guardRevocations(records, defaultGuardPolicy, now).held.size).toBe(10);
  });

  it('an attempt from the future holds up nothing, and nothing is erased early', () => {
    const offboarding: Offboarding = {
      revision: 2,
      stage: 'deactivated',
      rooms: [],
      evidence: [],
      attemptedAt: now + hour,
      deactivatedAt: now + hour,
    };
    expect(mayBeEnding(offboarding, now)).toBe(false);
    const policy = { ...defaultOffboardingPolicy, graceMs: hour };
    expect(isEndingDue(offboarding, policy, now + hour)).toBe(false);
    expect(isEndingDue(offboarding, policy, now + 2 * hour)).toBe(true);
  });
});
