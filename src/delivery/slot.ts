import type { Lane, Work } from '../outbox/outbox.ts';
import type { Barrier } from './barrier.ts';
import type { Domain } from './domain.ts';
import type { LaneRun } from './lane-run.ts';
import type { Lingering } from './linger.ts';

/** A homeserver, and those of its lanes that wait for a place or have one. */
export interface Stage {
  readonly domain: Domain;
  readonly ready: Slot[];
  running: number;
}

/**
 * A lane that has, or may have, work. It waits, for a time or for who shares something with it, then is ready and has its
 * place among those that are, then runs, and waits again.
 */
export class Slot {
  readonly lane: Lane;
  readonly stage: Stage;
  readonly gate: Barrier;
  /** Settles when the run is over and the lane let go. */
  ended: Promise<void> = Promise.resolve();
  #state: 'waiting' | 'ready' | 'running' = 'waiting';
  /** While it waits for a time. */
  #cancelTimer: (() => void) | undefined;
  /** While it runs. */
  #run: LaneRun | undefined;
  /** How it stayed open last when it was dry; to end that again does nothing. */
  #lingering: Lingering | undefined;
  /** On the monotonic clock: a lane that runs dry later is opened anew for what comes, and so finds its way anew. */
  #lingersTo = 0;
  /** Work that is to be claimed came while it ran. */
  #again = false;
  #isWoken = false;
  #failuresInRow = 0;
  /** How many of `domain.served` were this lane's own. */
  #ownServed = 0;
  /** How many requests of others were served when this lane failed last. */
  #othersServedBefore: number;

  constructor(lane: Lane, stage: Stage, gate: Barrier) {
    this.lane = lane;
    this.stage = stage;
    this.gate = gate;
    this.#othersServedBefore = stage.domain.served;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Somebody wants it opened once more, whatever comes of the run under way. */
  get isWoken(): boolean {
    return this.#isWoken;
  }

  /** How often it waited since something of it was delivered. */
  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  /** Whether the homeserver served another lane since this one failed last. */
  get wereOthersServed(): boolean {
    return this.#othersServed() > this.#othersServedBefore;
  }

  /** It gets its place among those that are ready, if it waited. */
  makeReady(): void {
    this.cancelTimer();
    if (this.#state !== 'waiting') return;
    this.#state = 'ready';
    this.stage.ready.push(this);
  }

  /** It left its place among those that are ready, to ask whether it may run. */
  leaveReady(): void {
    this.#state = 'waiting';
  }

  /** @param lingersTo - until when it may go on once it ran dry, on the monotonic clock */
  begin(run: LaneRun, lingersTo: number): void {
    this.#state = 'running';
    this.#run = run;
    this.#lingersTo = lingersTo;
    this.#again = false;
    this.#isWoken = false;
    this.stage.running++;
  }

  end(): void {
    this.#state = 'waiting';
    this.#run = undefined;
    this.#lingering = undefined;
    this.stage.running--;
    this.stage.domain.barrier.leave(this.lane.id);
    this.gate.leave(this.lane.id);
  }

  /** While it runs: there is more to do. What its claim covers goes straight to it, unless it is to be opened anew soon. */
  tell(work: Work, now: number): void {
    if (this.#run === undefined) return;
    const isTaken = now < this.#lingersTo && this.#run.take(work);
    if (!isTaken) this.#again = true;
    this.#lingering?.end();
  }

  wake(): void {
    this.#isWoken = this.#state === 'running';
  }

  /** Whether work that is to be claimed came since this was asked last. */
  takeAgain(): boolean {
    const again = this.#again;
    this.#again = false;
    return again;
  }

  /** Whether it need not be opened anew for what comes. */
  mayStayOpen(now: number): boolean {
    return !this.#isWoken && now < this.#lingersTo;
  }

  /** It stays open until that is over, or there is more to do. */
  linger(lingering: Lingering): Promise<void> {
    this.#lingering = lingering;
    return lingering.over;
  }

  served(): void {
    this.#ownServed++;
    this.#failuresInRow = 0;
  }

  /** From here on it counts whether others are served. */
  failed(): void {
    this.#othersServedBefore = this.#othersServed();
  }

  /** It waits until a timer makes it ready. @param cancel - cancels that timer */
  waitForTimer(cancel: () => void): void {
    this.#failuresInRow++;
    this.#cancelTimer = cancel;
  }

  /** Ends its wait, if that was for a time, and forgets what led to it; whether it was. */
  endWait(): boolean {
    if (this.#cancelTimer === undefined) return false;
    this.#failuresInRow = 0;
    this.makeReady();
    return true;
  }

  cancelTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #othersServed(): number {
    return this.stage.domain.served - this.#ownServed;
  }
}
