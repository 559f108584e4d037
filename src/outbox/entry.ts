/**
 * Where an entry stands. Drawn in docs/outbox-states.md.
 *
 * - `queued`: owed, and no request for it can have reached the homeserver.
 * - `unknown`: a request left and its fate is not known; only the same bytes go out again.
 * - `delivered`: the homeserver named the event.
 * - `dead`: it can never be delivered as it is; see {@link DeadReason}.
 * - `cancelled`: its source or an operator withdrew it before it left.
 * - `expired`: it was older than `expire_after` before it could leave.
 * - `superseded`: a redrive replaced it with a new entry.
 */
export const entryStates = [
  'queued',
  'unknown',
  'delivered',
  'dead',
  'cancelled',
  'expired',
  'superseded',
] as const;
export type EntryState = (typeof entryStates)[number];

/** Whether an entry in this state is still owed. */
export function isPending(state: EntryState): boolean {
  return state === 'queued' || state === 'unknown';
}

/** Why an entry is dead: one reason for each thing a person can do about it. */
export const deadReasons = {
  refused: 'The homeserver refuses this account in the room; give it the power to send there.',
  'too-large': 'The event is larger than the homeserver takes; send less.',
  invalid: 'The homeserver calls the event malformed; see the last error.',
  'server-error': 'The homeserver fails on this event while it takes others; see the last error.',
  'encrypted-room':
    'The room is encrypted, and this cannot go there encrypted; nothing was sent. See the last error.',
  unencrypted:
    'The room is not encrypted although `encryption: required` asks for it; nothing was sent.',
  ambiguous:
    'It may or may not have been delivered, and looking in the room did not tell; redrive it with --force to repeat it.',
  attachment: 'The file could not be uploaded; see the last error.',
} as const;
export type DeadReason = keyof typeof deadReasons;

/** The queue an entry stands in: one account in one room. Strict order, one request in flight. */
export interface LaneKey {
  readonly account: string;
  /** The room as the configuration names it: a room id or an alias. */
  readonly room: string;
}

/** A file that goes along with an entry; it is uploaded when the entry is first attempted. */
export interface Attachment {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A file of an entry, as the outbox keeps it: read in pieces as it is uploaded, never whole in memory. */
export interface StoredAttachment {
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /**
   * Its bytes from the start, each time it is called.
   * @throws Failure storage_failed while they are read, when the outbox no longer has them
   */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Entries of one submission at most: they are written in one transaction, which everybody else waits for. */
export const entriesMax = 100;

/** What a person or a program sees of an entry. Times are wall-clock milliseconds. */
export interface EntryView {
  readonly id: string;
  readonly notificationId: string;
  readonly source: string;
  readonly origin: string | undefined;
  readonly account: string;
  readonly room: string;
  readonly type: string;
  readonly txnId: string;
  readonly key: string | undefined;
  readonly state: EntryState;
  readonly reason: DeadReason | undefined;
  readonly eventId: string | undefined;
  readonly createdAt: number;
  readonly settledAt: number | undefined;
  readonly attempts: number;
  readonly lastError: string | undefined;
  /** What the whole lane waits for, if it waits. */
  readonly laneWaits: string | undefined;
  readonly contentBytes: number;
}
