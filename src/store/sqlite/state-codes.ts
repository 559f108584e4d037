import type { EntryState } from '../../outbox/entry.ts';

/**
 * How states are stored. These numbers are in every database: they never change. What comes before `delivered` is owed;
 * what comes after it has ended without an event. SQL names them by this table too: an index serves a statement that says
 * its condition in the very same words.
 */
export const stateCodes: Readonly<Record<EntryState, number>> = {
  queued: 0,
  unknown: 1,
  delivered: 2,
  dead: 3,
  cancelled: 4,
  expired: 5,
  superseded: 6,
};

const states = new Map(Object.entries(stateCodes).map(([state, code]) => [code, state]));

/** The state that is stored as `code`. */
export function stateOf(code: number): EntryState {
  const state = states.get(code);
  if (state === undefined) throw new RangeError(`no state has the number ${code}`);
  return state as EntryState;
}

/** Whether an entry in the state that is stored as `code` is owed. */
export function isOwed(code: number): boolean {
  return code < stateCodes.delivered;
}
