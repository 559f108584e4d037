import type {
  ClaimedEntry,
  DeliveryQueue,
  FailureCount,
  Lane,
  Settlement,
  Target,
} from '../outbox/outbox.ts';
import { type AttemptDeps, attempt, lastLook } from './attempt.ts';
import type { Outcome, Setback } from './outcome.ts';
import { decide, type Verdict, type Wait, waitAfter } from './policy.ts';
import type { SettlementLog } from './settlement-log.ts';

/** Entries fetched at once; the next are fetched while the last few go out, so that a lane never starves. */
const prefetchMax = 16;
const lowWater = 4;
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
  /** Whether other lanes wait for a place. */
  othersWait(): boolean;
  /** Whether the homeserver served another lane since this lane's previous failure. */
  othersServed(): boolean;
  /** Tells what an attempt showed about the account and the homeserver. */
  observe(outcome: Outcome): void;
}

type LaneQueue = Pick<DeliveryQueue, 'claim' | 'postpone' | 'release'>;

/**
 * Carries one lane's entries in strict order, one request in flight. It runs once: whoever wants to go on makes a new
 * one from the store, after this one's completions are on disk.
 */
export class LaneRun {
  readonly #deps: LaneRunDeps & AttemptDeps;
  readonly #lane: Lane;
  #buffer: ClaimedEntry[] = [];
  #claimedTo = 0;
  #mayHaveMore = true;
  #refill: Promise<void> | undefined;
  /** A request left, and what came of it is not in the store yet. */
  #isUnrecorded = false;

  constructor(deps: LaneRunDeps, lane: Lane) {
    this.#deps = { ...deps, leaving: () => this.#leaving() };
    this.#lane = lane;
  }

  async run(): Promise<LaneEnd> {
    const end = await this.#carry().catch((cause: unknown): LaneEnd => ({ kind: 'broken', cause }));
    await this.#refill?.catch(() => undefined);
    // Without a record the claim stays in force: what it covers is unknown to whoever claims next.
    if ((await this.#deps.settlements.durable()) && !this.#isUnrecorded) await this.#letGo(end);
    return end;
  }

  #leaving(): void {
    this.#isUnrecorded = true;
  }

  async #carry(): Promise<LaneEnd> {
    const { sender, signal } = this.#deps;
    const opening = await sender.open(this.#lane.key, signal);
    if (!opening.ok) return this.#openingFailed(opening.setback);
    for (let sent = 0; ; sent++) {
      const entry = await this.#next(opening.target);
      if (entry === undefined) return { kind: 'drained' };
      if (signal.aborted || !this.#deps.mayGoOn()) return { kind: 'yielded' };
      if (sent >= turnEntriesMax && this.#deps.othersWait()) return { kind: 'yielded' };
      const end = await this.#deliver(entry, opening.target);
      if (end !== undefined) return end;
    }
  }

  async #next(target: Target): Promise<ClaimedEntry | undefined> {
    if (this.#buffer.length <= lowWater && this.#mayHaveMore) {
      this.#refill ??= this.#claim(target);
      // Whoever waits for it sees it fail; nobody may.
      this.#refill.catch(() => undefined);
    }
    if (this.#buffer.length === 0) await this.#refill;
    return this.#buffer[0];
  }

  async #claim(target: Target): Promise<void> {
    const { queue, clock } = this.#deps;
    const now = clock.now();
    try {
      const claimed = await queue.claim(this.#lane.id, this.#claimedTo, target, prefetchMax, now);
      this.#mayHaveMore = claimed.length === prefetchMax;
      this.#claimedTo = claimed.at(-1)?.seq ?? this.#claimedTo;
      this.#buffer.push(...claimed);
    } finally {
      this.#refill = undefined;
    }
  }

  /** Undefined: the entry is settled and the lane goes on. */
  async #deliver(entry: ClaimedEntry, target: Target): Promise<LaneEnd | undefined> {
    const result = await attempt(this.#deps, this.#lane.key, entry, target);
    const now = this.#deps.clock.now();
    if (result.kind === 'expired') {
      await this.#settle(entry, { seq: entry.seq, state: 'expired', at: now });
      return undefined;
    }
    this.#deps.observe(result);
    const verdict = await this.#judge(entry, target, result, now);
    if (verdict.kind === 'settle') {
      await this.#settle(entry, verdict.settlement);
      return undefined;
    }
    await this.#postpone(entry, target, verdict, now);
    return { kind: 'waits', wait: verdict.wait, error: verdict.error };
  }

  async #judge(
    entry: ClaimedEntry,
    target: Target,
    result: Outcome,
    now: number,
  ): Promise<Verdict> {
    const context = { entry, now, othersServed: this.#deps.othersServed() };
    const verdict = decide(result, context);
    if (result.kind !== 'failed' || verdict.kind !== 'settle') return verdict;
    const last = await lastLook(this.#deps, this.#lane.key, entry, target, result);
    if (last.kind !== 'dead') this.#deps.observe(last);
    const final = decide(last, context);
    if (final.kind === 'settle') return final;
    return { ...final, unknown: final.unknown || result.unknown };
  }

  async #settle(entry: ClaimedEntry, settlement: Settlement): Promise<void> {
    const { settlements, events, clock } = this.#deps;
    this.#buffer.shift();
    settlements.add(settlement);
    this.#isUnrecorded = false;
    const ageMs = clock.now() - entry.createdAt;
    const { id: entryId, source } = entry;
    events.settled({ entryId, source, lane: this.#lane.key, settlement, ageMs });
    if (settlements.isFull) await settlements.durable();
  }

  async #postpone(
    entry: ClaimedEntry,
    target: Target,
    verdict: Verdict & { kind: 'wait' },
    now: number,
  ): Promise<void> {
    const failures: FailureCount = verdict.failures;
    const unknown = verdict.unknown
      ? { since: this.#unknownSince(entry, target, now), target }
      : undefined;
    // To postpone lets the lane go, and so must not come before the ends of the entries ahead.
    if (!(await this.#deps.settlements.durable())) return;
    await this.#deps.queue.postpone({
      lane: this.#lane.id,
      seq: entry.seq,
      error: verdict.error,
      unknown,
      failures,
    });
    this.#isUnrecorded = false;
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
    const waits = end.kind === 'waits' ? end.error : undefined;
    try {
      await this.#deps.queue.release(this.#lane.id, waits);
    } catch (cause) {
      // The claim stays in force, which only makes the next owner more careful.
      this.#deps.events.storeFailed({ lane: this.#lane.key, cause });
    }
  }
}
