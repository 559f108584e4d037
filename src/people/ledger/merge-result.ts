import type { PersonResult } from '../people-ledger.ts';
import type { PersonRecord } from '../person-record.ts';

/** What is known of a person after something was done about it; done about an earlier wish, it leaves more to do. */
export function mergeResult({ wish, progress }: PersonRecord, result: PersonResult): PersonRecord {
  if (result.revision === wish.revision) return { wish, progress: result.progress };
  const { applied, displayName, createdRevision, kept, offboarding } = result.progress;
  return {
    wish,
    progress: { ...progress, applied, displayName, createdRevision, kept, offboarding },
  };
}
