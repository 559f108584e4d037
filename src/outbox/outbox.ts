import type {
  Attachment,
  DeadReason,
  EntryState,
  EntryView,
  LaneKey,
  StoredAttachment,
} from './entry.ts';

/** One event owed to one room. */
export interface NewEntry {
  readonly lane: LaneKey;
  /** Chosen here, globally unique, never changed; the key of exactly-once (Client-Server API §7 "Transaction identifiers"). */
  readonly txnId: string;
  /** The Matrix event type, such as `m.room.message`. */
  readonly type: string;
  /** Canonical JSON of the event's content. */
  readonly content: string;
  /** Delivered later than this after `createdAt`, it says since when it was queued. */
  readonly lateAfterMs?: number | undefined;
  /** Wall-clock time after which it is no longer wanted. */
  readonly expireAt?: number | undefined;
  readonly attachment?: Attachment | undefined;
}

/** How repeats of a submission are recognised. */
export interface Idempotency {
  /** Scoped to its source by the store. */
  readonly key: string;
  /** Digest of what was asked; the same key with another digest is a conflict. */
  readonly digest: string;
  /** For how long the key counts; undefined: as long as the row lives. */
  readonly windowMs?: number | undefined;
}

/** What one call wants written down, all or nothing. */
export interface Submission {
  /** Public, globally unique, sorts by time. Entry ids are `ID-1`, `ID-2`, … in the order of `entries`. */
  readonly id: string;
  readonly source: string;
  readonly origin?: string | undefined;
  readonly key?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
  readonly createdAt: number;
  /** At least one, at most `entriesMax`. */
  readonly entries: readonly NewEntry[];
}

export type Acceptance =
  /** It is on disk, fsynced. */
  | { readonly kind: 'accepted'; readonly id: string; readonly entryIds: readonly string[] }
  /** It was on disk already under `id`. */
  | { readonly kind: 'duplicate'; readonly id: string; readonly entryIds: readonly string[] }
  /** Its idempotency key belongs to another body. Nothing was written. */
  | { readonly kind: 'conflict'; readonly id: string };

export interface EntryFilter {
  readonly states?: readonly EntryState[] | undefined;
  readonly room?: string | undefined;
  readonly source?: string | undefined;
  /** Only entries created before this wall-clock time. */
  readonly createdBefore?: number | undefined;
  readonly notificationId?: string | undefined;
  /** Only entries after this entry id in outbox order. */
  readonly after?: string | undefined;
  /** The last of them instead of the first, in outbox order as well. */
  readonly newest?: boolean | undefined;
  /** 1 to 10,000. */
  readonly limit: number;
}

/** The result of an operator's wish for one entry. */
export type OperatorResult =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly problem: 'not_found' | 'state'; readonly state?: EntryState };

export interface Counts {
  /** How many entries there are, by source and state. */
  readonly entries: readonly {
    readonly source: string;
    readonly state: EntryState;
    readonly count: number;
  }[];
  /** When the oldest entry still owed was created; undefined: nothing is owed. */
  readonly oldestPendingAt: number | undefined;
}

/** What callers use. Every promise that resolves to a change resolves after the change is fsynced. */
export interface OutboxIntake {
  /** @throws Failure queue_full, storage_full, storage_busy, storage_failed: then nothing was written. */
  accept(submission: Submission): Promise<Acceptance>;
}

export interface OutboxReader {
  entries(filter: EntryFilter): Promise<EntryView[]>;
  /** One entry with its content; for operators only. */
  content(entryId: string): Promise<string | undefined>;
  counts(): Promise<Counts>;
}

export interface OutboxOperator {
  /** Withdraws an entry that cannot have left yet (`queued`). */
  cancel(entryId: string, now: number): Promise<OperatorResult>;
  /**
   * Puts a copy of a dead, cancelled or expired entry at its lane's end, under a new id and transaction id; the old one
   * is `superseded`. `ambiguous` needs `force`, as it may be there already.
   */
  redrive(
    entryId: string,
    fresh: { id: string; txnId: string },
    force: boolean,
    now: number,
  ): Promise<OperatorResult>;
  /** Deletes at most `limit` rows that were settled before the given times; how many. */
  purge(
    before: { readonly delivered: number; readonly other: number },
    limit: number,
  ): Promise<number>;
  /**
   * A consistent copy of the whole database at `path`, made while work goes on.
   * @throws Failure cannot_create when `path` exists, cannot be made or has no space for it, or storage_failed
   */
  backup(path: string): Promise<void>;
}

/** An opaque handle of a lane within this store; equal for equal keys as long as the store is open. */
export type LaneId = number & { readonly lane: unique symbol };

export interface Lane {
  readonly id: LaneId;
  readonly key: LaneKey;
}

/** An accepted entry that its lane's present claim covers. */
export interface CoveredEntry {
  readonly entry: ClaimedEntry;
  /** The `seq` of the lane's last owed entry before it; 0: there is none. */
  readonly after: number;
}

/** What a lane got. */
export interface Work {
  readonly lane: Lane;
  /** In order. Whoever holds the claim, and took all up to `after`, may attempt these without claiming them. */
  readonly covered: readonly CoveredEntry[];
  /** Whether there is, or may be, more that only a claim hands out. */
  readonly more: boolean;
}

/** Where a lane leads at the moment: what an attempt is made with. */
export interface Target {
  readonly roomId: string;
  readonly deviceId: string;
}

/** What an event says, and what it is called. */
export interface EventForm {
  /** The Matrix event type, such as `m.room.message`. */
  readonly type: string;
  /** JSON text in UTF-8: read, stored and sent as the same bytes, decoded only where somebody looks into it. */
  readonly content: Buffer;
}

/** An entry as delivery sees it, oldest first within its lane; type and content as they leave. */
export interface ClaimedEntry extends EventForm {
  readonly seq: number;
  readonly id: string;
  readonly notificationId: string;
  readonly source: string;
  readonly txnId: string;
  readonly createdAt: number;
  readonly lateAfterMs: number | undefined;
  readonly expireAt: number | undefined;
  /** As it was accepted, once it was completed and stored; undefined: it was not changed yet. */
  readonly accepted: EventForm | undefined;
  /** The room and device that its content is encrypted for; undefined: it is in clear. */
  readonly sealedFor: Target | undefined;
  readonly hasAttachment: boolean;
  /** Since when its fate is unknown, and where that attempt went; undefined while `queued`. */
  readonly unknown: { readonly since: number; readonly target: Target | undefined } | undefined;
  readonly failures: FailureCount;
}

/** Failures that count against the entry: those while the homeserver served other lanes. */
export interface FailureCount {
  readonly count: number;
  /** Wall-clock time of the first that counted. */
  readonly since: number | undefined;
}

export type Settlement =
  | {
      readonly seq: number;
      readonly state: 'delivered';
      readonly eventId: string;
      readonly at: number;
    }
  | {
      readonly seq: number;
      readonly state: 'dead';
      readonly reason: DeadReason;
      readonly error: string;
      readonly at: number;
    }
  | { readonly seq: number; readonly state: 'expired'; readonly at: number };

/** Why a lane stopped before its end, for the next try and for people. */
export interface Postponement {
  readonly lane: LaneId;
  readonly seq: number;
  readonly error: string;
  /** Set when the attempt's fate is unknown. */
  readonly unknown?: { readonly since: number; readonly target: Target } | undefined;
  readonly failures: FailureCount;
}

/** What delivery needs of the outbox. Only the owner of the data directory may use it. */
export interface DeliveryQueue {
  /** Lanes that have something owed, in no order. O(lanes with work), whatever the backlog. */
  lanesWithWork(): Promise<Lane[]>;
  /**
   * Takes the next entries of a lane after `afterSeq`, at most `limit`, and writes down, before it resolves, that they
   * may be attempted from `now` on with `target`: after a crash they are `unknown`. If these are all, what is accepted
   * next may be attempted too: `onWork` hands it out. `afterSeq` 0 begins; whoever goes on names the last `seq` he took.
   * What is late by `now` may come completed, with a note that says so, where nothing else is to be completed.
   */
  claim(
    lane: LaneId,
    afterSeq: number,
    target: Target,
    limit: number,
    now: number,
  ): Promise<ClaimedEntry[]>;
  attachment(seq: number): Promise<StoredAttachment | undefined>;
  /**
   * Stores the final content before the first request leaves; with `sealedFor` it is that of an `m.room.encrypted` event
   * for this room from this device.
   */
  complete(seq: number, content: Buffer, sealedFor?: Target): Promise<void>;
  /** Records ends. Settling an entry that is not pending changes nothing. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Records a failed attempt of the lane's first entry. */
  postpone(postponement: Postponement): Promise<void>;
  /**
   * An entry of unknown fate was looked for wherever it may have gone, and is not there: it is unknown only from `since`
   * on, with `target`.
   */
  noteAbsent(seq: number, since: number, target: Target): Promise<void>;
  /** The lane is let go: what was claimed and not attempted counts as never attempted again. `waits` is for people. */
  release(lane: LaneId, waits: string | undefined): Promise<void>;
  /** For people: what a lane waits for that could not be opened. What is claimed stays claimed. */
  noteWait(lane: LaneId, waits: string): Promise<void>;
  /** Whether another entry was delivered as this event. */
  isKnownEvent(eventId: string): Promise<boolean>;
  /** The event that an entry was delivered as; undefined: it was not. */
  eventIdOf(entryId: string): Promise<string | undefined>;
  /**
   * Calls `listener` with the lanes that got new entries, after the commit; also for entries that another process wrote
   * (then possibly with every lane that has work). The returned function ends it.
   */
  onWork(listener: (work: readonly Work[]) => void): () => void;
}

/** Tells, in this process, when entries reach a final state. */
export interface OutboxWatch {
  /** The entries' views once none of them is pending, or as they are when `signal` aborts. */
  whenSettled(entryIds: readonly string[], signal: AbortSignal): Promise<EntryView[]>;
}

export interface Outbox
  extends OutboxIntake,
    OutboxReader,
    OutboxOperator,
    DeliveryQueue,
    OutboxWatch {
  close(): Promise<void>;
}
