import type { Clock } from '../../clock.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PersonWork } from '../person-work.ts';
import type { Offboarding } from './offboarding.ts';

/** Writes a stage down before the next begins, with a line of the audit log. */
export async function saveOffboarding(
  work: PersonWork,
  offboarding: Offboarding,
  what: string | undefined,
  { ledger, clock }: { readonly ledger: PeopleLedger; readonly clock: Clock },
): Promise<void> {
  const { userId, personId, record } = work;
  const at = clock.now();
  work.progress = {
    ...work.progress,
    state: 'pending',
    at,
    userId,
    offboarding,
  };
  const deeds = what === undefined ? [] : [{ at, what, result: 'done' }];
  const { revision } = record.wish;
  await ledger.recordResults([{ personId, revision, progress: work.progress, deeds }]);
}
