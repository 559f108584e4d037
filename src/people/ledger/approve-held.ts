import type { PersonRecord } from '../person-record.ts';

/** A person whose held revocation goes on from `at`; undefined: none is held. */
export function approveHeld(
  { wish, progress }: PersonRecord,
  at: number,
): PersonRecord | undefined {
  if (progress.state !== 'held') return undefined;
  return {
    wish: { ...wish, isApproved: true },
    progress: { ...progress, state: 'pending', detail: undefined, at },
  };
}
