import type {
  ClaimedEntry,
  DeliveryQueue,
  Lane,
  Settlement,
  Target,
  Work,
} from '../outbox/outbox.ts';
import { type AttemptDeps, type AttemptResult, attempt, expires, lastLook } from './attempt.ts';
import { LaneClaim } from './lane-claim.ts';
import type { Outcome, Setback } from './outcome.ts';
import { decide, type Verdict, type Wait, waitAfter } from './policy.ts';
import type { SettlementLog } from './settlement-log.ts';

/** After this many entries a lane lets others that wait have their turn. */
const turnEntriesMax = 64;

/** Why a lane run ended. */
export type LaneEnd =
  | { readonly kind: 'drained' }
  /** It has more, but others wait for their turn, or what it shares with others closed. */
  | { readonly kind: 'yielded' }
  | { readonly kind: 'waits'; readonly wait: Wait; readonly error: string }
  /** Something that should not fail did, such as the store; tried again like a failure. */
  | { readonly kind: 'broken'; readonly cause: unknown };

export interface LaneRunDeps extends Omit<AttemptDeps, 'leaving'> {
  readonly queue: AttemptDeps['queue'] & LaneQueue;
  readonly settlements: SettlementLog;
  /** Whether this lane may make one more request. */
  mayGoOn(): boolean;
  /** Whether somebody wants it opened anew. */
  isWoken(): boolean;
  /** Whether other lanes wait for a place. */
  othersWait(): boolean;
  /** Stays open for a moment, or until the lane gets more; whether there is something to be claimed. */
  moreComes(): Promise<boolean>;
  /** Whether the homeserver served another lane since this lane's previous failure. */
  othersServed(): boolean;
  /** Tells what an attempt showed about the account and the homeserver. */
  observe(outcome: Outcome): void;
}

type LaneQueue = Pick<DeliveryQueue, 'claim' | 'postpone' | 'release' | 'noteWait'>;

/**
 * Carries one lane's entries in strict order, one request in flight. It runs once: whoever wants to go on makes a new
 * one from the store, after this one's completions are on disk.
 */
export class LaneRun {
  readonly #deps: LaneRunDeps & AttemptDeps;
  readonly #lane: Lane;
  readonly #claim: LaneClaim;
  /** A request left, and what came of it is not in the store yet. */
  #isUnrecorded = false;
  /** An entry ended without an event, and the store may not know it yet. */
  #endedUntaken = false;

  constructor(deps: LaneRunDeps, lane: Lane) {
    this.#deps = { ...deps, leaving: () => this.#leaving() };
    this.#lane = lane;
    this.#claim = new LaneClaim(deps, lane.id);
  }

  async run(): Promise<LaneEnd> {
    const end = await this.#carry().catch((cause: unknown): LaneEnd => ({ kind: 'broken', cause }));
    await this.#claim.arriving?.catch(() => undefined);
    // Without a record the claim stays in force: what it covers is unknown to whoever claims next.
    if ((await this.#deps.settlements.flush()) && !this.#isUnrecorded) await this.#letGo(end);
    return end;
  }

  /** Takes what the present claim covers, if it comes next in the lane; false: something is to be claimed. */
  take(work: Work): boolean {
    return this.#claim.take(work);
  }

  #leaving(): void {
    this.#isUnrecorded = true;
  }

  async #carry(): Promise<LaneEnd> {
    const opening = await this.#deps.sender.open(this.#lane.key, this.#deps.signal);
    if (!opening.ok) return this.#openingFailed(opening.setback);
    return await this.#empty(opening.target);
  }

  async #empty(target: Target): Promise<LaneEnd> {
    for (let sent = 0; ; sent++) {
      const entry = this.#prefetched(target) ?? (await this.#fetched(target));
      if (entry === undefined) return { kind: 'drained' };
      if (this.#mustYield(sent)) return { kind: 'yielded' };
      const result = await attempt(this.#deps, this.#lane.key, entry, target);
      let verdict = this.#judge(entry, result);
      if (result.kind === 'failed' && verdict.kind === 'settle') {
        verdict = await this.#lastVerdict(entry, target, result);
      }
      if (verdict.kind === 'wait') return await this.#postpone(entry, target, verdict);
      this.#settle(entry, verdict.settlement);
    }
  }

  #mustYield(sent: number): boolean {
    const { signal, mayGoOn, isWoken, othersWait } = this.#deps;
    if (signal.aborted || !mayGoOn()) return true;
    // Whoever wakes again and again holds nothing up.
    return (sent > 0 && isWoken()) || (sent >= turnEntriesMax && othersWait());
  }

  /** The next entry, if it is at hand and its end may be noted; more are fetched meanwhile. */
  #prefetched(target: Target): ClaimedEntry | undefined {
    this.#claim.fetchAhead(target);
    if (this.#endedUntaken || this.#deps.settlements.isFull) return undefined;
    return this.#claim.next;
  }

  async #fetched(target: Target): Promise<ClaimedEntry | undefined> {
    const next = await this.#awaited(target);
    if (next !== undefined && this.#endedUntaken) await this.#record(next);
    return next;
  }

  async #awaited(target: Target): Promise<ClaimedEntry | undefined> {
    const { settlements, moreComes } = this.#deps;
    for (;;) {
      if (settlements.isFull) await settlements.flush();
      // One that failed meanwhile was seen by nobody; this one is awaited.
      this.#claim.fetchAhead(target);
      if (this.#claim.next === undefined) await this.#claim.arriving;
      const { next } = this.#claim;
      if (next !== undefined) return next;
      // Whoever waits for an end need not wait for the next.
      void settlements.flush();
      if (await moreComes()) this.#claim.expectMore();
      else if (this.#claim.endIfEmpty()) return undefined;
    }
  }

  /** What ended without an event is repeated after a crash, unless its end is on disk before `next` leaves. */
  async #record(next: ClaimedEntry): Promise<void> {
    const { settlements, clock } = this.#deps;
    if (expires(this.#deps, next, clock.now())) return;
    this.#endedUntaken = !(await settlements.flush());
  }

  #judge(entry: ClaimedEntry, result: AttemptResult): Verdict {
    const now = this.#deps.clock.now();
    if (result.kind === 'expired') {
      return { kind: 'settle', settlement: { seq: entry.seq, state: 'expired', at: now } };
    }
    this.#deps.observe(result);
    return decide(result, { entry, now, othersServed: this.#deps.othersServed() });
  }

  /** Before an entry that failed too often is given up, the room is asked whether it arrived. */
  async #lastVerdict(
    entry: ClaimedEntry,
    target: Target,
    result: Setback & { readonly kind: 'failed' },
  ): Promise<Verdict> {
    const { othersServed, clock } = this.#deps;
    const context = { entry, now: clock.now(), othersServed: othersServed() };
    const last = await lastLook(this.#deps, this.#lane.key, entry, target, result);
    if (last.kind !== 'dead') this.#deps.observe(last);
    const final = decide(last, context);
    if (final.kind === 'settle') return final;
    return { ...final, unknown: final.unknown || result.unknown };
  }

  #settle(entry: ClaimedEntry, settlement: Settlement): void {
    const { settlements, events, clock } = this.#deps;
    this.#claim.drop();
    settlements.add(settlement);
    this.#isUnrecorded = false;
    if (settlement.state !== 'delivered') this.#endedUntaken = true;
    const ageMs = clock.now() - entry.createdAt;
    const { id: entryId, source } = entry;
    events.settled({ entryId, source, lane: this.#lane.key, settlement, ageMs });
  }

  async #postpone(
    entry: ClaimedEntry,
    target: Target,
    { wait, error, failures, unknown: isUnknown }: Verdict & { kind: 'wait' },
  ): Promise<LaneEnd> {
    const end = { kind: 'waits', wait, error } as const;
    const now = this.#deps.clock.now();
    const unknown = isUnknown
      ? { since: this.#unknownSince(entry, target, now), target }
      : undefined;
    // To postpone lets the lane go, and so must not come before the ends of the entries ahead.
    if (!(await this.#deps.settlements.flush())) return end;
    await this.#deps.queue.postpone({
      lane: this.#lane.id,
      seq: entry.seq,
      error,
      unknown,
      failures,
    });
    this.#isUnrecorded = false;
    return end;
  }

  /** The homeserver remembers a transaction id from the first request that used it on this device in this room. */
  #unknownSince(entry: ClaimedEntry, target: Target, now: number): number {
    const { unknown } = entry;
    const sameMemory =
      unknown?.target?.deviceId === target.deviceId && unknown.target.roomId === target.roomId;
    return sameMemory ? unknown.since : now;
  }

  #openingFailed(setback: Setback): LaneEnd {
    this.#deps.observe(setback);
    const { error } = setback;
    // What is dead is the lane's way, not its entries: somebody may open it again.
    const wait = waitAfter(setback.kind === 'dead' ? { kind: 'room-closed', error } : setback);
    return { kind: 'waits', wait, error };
  }

  async #letGo(end: LaneEnd): Promise<void> {
    const { queue } = this.#deps;
    const waits = end.kind === 'waits' ? end.error : undefined;
    try {
      if (this.#claim.isMade) await queue.release(this.#lane.id, waits);
      else if (waits !== undefined) await queue.noteWait(this.#lane.id, waits);
    } catch (cause) {
      // The claim stays in force, which only makes the next owner more careful.
      this.#deps.events.storeFailed({ lane: this.#lane.key, cause });
    }
  }
}
