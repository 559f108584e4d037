import type { Clock } from '../../clock.ts';
import type { Accounts } from '../accounts.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PersonWork } from '../person-work.ts';
import { hasReached, type Offboarding, withEvidence } from './offboarding.ts';
import { saveOffboarding } from './save-offboarding.ts';

/** What the stages of letting somebody go need. */
export interface OffboardingDeps {
  readonly accounts: Accounts;
  readonly ledger: PeopleLedger;
  readonly clock: Clock;
}

/**
 * Shuts a revoked person out: the rooms are recorded, the account is locked and its devices end. Each stage is on disk
 * before the next begins; a person that went this way before goes on where it was. An administrator of the homeserver is
 * not touched, approved or not: that may be the last one who can mend anything.
 */
export async function beginOffboarding(
  work: PersonWork,
  deps: OffboardingDeps,
  signal: AbortSignal,
): Promise<void> {
  const { accounts, clock } = deps;
  const { userId, account } = work;
  if (account === undefined) return;
  if (account.admin && !account.deactivated) {
    work.bar(`${userId} is an administrator of the homeserver; take that away first.`);
    return;
  }
  let offboarding = current(work, account.deactivated);
  if (offboarding === undefined) {
    const memberships = await accounts.memberships(userId, signal);
    const rooms = [...memberships].filter(([, membership]) => membership !== 'leave');
    offboarding = {
      revision: work.record.wish.revokedRevision,
      stage: 'recorded',
      rooms: rooms.map(([roomId]) => roomId),
      evidence: [{ at: clock.now(), what: `is in ${rooms.length} rooms` }],
    };
    await saveOffboarding(work, offboarding, 'rooms recorded', deps);
  }
  if (account.deactivated) return;
  if (!hasReached(offboarding, 'locked') || !account.locked) {
    await accounts.change(userId, { locked: true }, signal);
    offboarding = withEvidence(offboarding, clock.now(), 'locked', atLeast(offboarding, 'locked'));
    await saveOffboarding(work, offboarding, 'locked', deps);
  }
  if (!hasReached(offboarding, 'signed_out')) {
    const count = await accounts.endDevices(userId, signal);
    const what = `${count} devices ended`;
    offboarding = withEvidence(offboarding, clock.now(), what, { stage: 'signed_out' });
    await saveOffboarding(work, offboarding, what, deps);
  }
}

/** The offboarding to go on with; undefined: begin anew, also when the account was brought back by somebody else. */
function current(
  { progress, record }: PersonWork,
  isDeactivated: boolean,
): Offboarding | undefined {
  const { offboarding } = progress;
  if (offboarding?.revision !== record.wish.revokedRevision) return undefined;
  return hasReached(offboarding, 'deactivated') && !isDeactivated ? undefined : offboarding;
}

const atLeast = (offboarding: Offboarding, stage: 'locked'): Partial<Offboarding> =>
  hasReached(offboarding, stage) ? {} : { stage };
