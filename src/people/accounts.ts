import type { RoomId, UserId } from '../matrix/ids.ts';
import type { Membership } from '../matrix/membership.ts';
import type { RedactionStatus } from '../matrix/synapse/redaction.ts';
import type { ListedUser, SynapseUser, UserChange } from '../matrix/synapse/users.ts';

/**
 * What may be asked of a homeserver for the accounts of its people. MatrixError and TransportError are thrown for what
 * is no answer to the question.
 */
export interface Accounts {
  /** Undefined: the homeserver has no such account. */
  read(userId: UserId, signal: AbortSignal): Promise<SynapseUser | undefined>;
  /** All of them, in pages. */
  list(signal: AbortSignal): AsyncIterable<readonly ListedUser[]>;
  /** The account of an identity provider's user; undefined: none yet. */
  find(provider: string, externalId: string, signal: AbortSignal): Promise<UserId | undefined>;
  change(userId: UserId, change: UserChange, signal: AbortSignal): Promise<void>;
  memberships(userId: UserId, signal: AbortSignal): Promise<ReadonlyMap<RoomId, Membership>>;
  /** Ends all devices; how many there were. */
  endDevices(userId: UserId, signal: AbortSignal): Promise<number>;
  /** Begins to empty messages; the id to ask `redaction` with. */
  redact(userId: UserId, rooms: readonly RoomId[], signal: AbortSignal): Promise<string>;
  /** Undefined: forgotten, as after a restart. */
  redaction(redactId: string, signal: AbortSignal): Promise<RedactionStatus | undefined>;
  /** Deletes up to a hundred uploads; how many. */
  deleteMedia(userId: UserId, signal: AbortSignal): Promise<number>;
  /** May take minutes; ask `read` after a lost answer, and never ask twice at a time. */
  deactivate(userId: UserId, erase: boolean, signal: AbortSignal): Promise<void>;
}
