import { deadReasons, type EntryState, type EntryView, isPending } from '../../outbox/entry.ts';
import type { SendReport } from './send-report.ts';

/** How one entry of a message stands; a daemon tells less of it than the outbox. */
export interface EntryStanding {
  readonly state: EntryState;
  readonly eventId?: string | undefined;
  readonly reason?: string | undefined;
  readonly lastError?: string | undefined;
  readonly laneWaits?: EntryView['laneWaits'];
}

function isDeadReason(reason: string): reason is keyof typeof deadReasons {
  return Object.hasOwn(deadReasons, reason);
}

/** Why an entry will not reach its room, as a sentence; undefined: it has, or may yet. */
function lossOf({ state, reason = 'unknown', lastError }: EntryStanding): string | undefined {
  switch (state) {
    case 'dead': {
      const sentence = isDeadReason(reason) ? deadReasons[reason] : `It is dead (${reason}).`;
      return lastError === undefined ? sentence : `${sentence} (${lastError})`;
    }
    case 'cancelled':
      return 'It was cancelled before it was sent.';
    case 'expired':
      return 'It expired before it could be delivered.';
    case 'queued':
    case 'unknown':
    case 'delivered':
    case 'superseded':
      return undefined;
  }
}

/**
 * What became of a message whose entries stand like this: dead if one will not arrive, then `owed` as long as one may yet.
 * What an operator sent again is owed under another id, whoever delivers it.
 */
export function reportEntries(
  { id, room }: Pick<SendReport, 'id' | 'room'>,
  entries: readonly EntryStanding[],
  owed: 'accepted' | 'kept',
): SendReport {
  const loss = entries.map(lossOf).find((sentence) => sentence !== undefined);
  if (loss !== undefined) return { id, state: 'dead', room, error: loss };
  const pending = entries.find(({ state }) => isPending(state));
  if (pending !== undefined) {
    return { id, state: owed, room, error: pending.laneWaits ?? pending.lastError };
  }
  if (entries.some(({ state }) => state === 'superseded')) {
    return { id, state: 'accepted', room, error: 'An operator sent it again under another id.' };
  }
  return { id, state: 'delivered', room, event_id: entries[0]?.eventId };
}
