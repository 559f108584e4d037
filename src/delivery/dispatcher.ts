import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { DeliveryQueue, Lane, LaneId, Work } from '../outbox/outbox.ts';
import { Barrier } from './barrier.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { Domain } from './domain.ts';
import { type LaneEnd, LaneRun, type LaneRunDeps } from './lane-run.ts';
import { Linger } from './linger.ts';
import type { Outcome } from './outcome.ts';
import type { Wait } from './policy.ts';
import type { Sender } from './sender.ts';
import { SettlementLog } from './settlement-log.ts';
import { Slot, type Stage } from './slot.ts';

/**
 * Lanes that run at once for one homeserver, and so requests under way at once: what its connection pool carries. Each
 * homeserver has its own, so that one that lets its callers wait takes no place from another.
 */
const runningLanesMax = 64;
/** A 429 that names no time would be asked again at once, for ever, in milliseconds; a bucket fills up meanwhile. */
const limitMsMin = 250;
/** Until then after its opening a lane that ran dry may go on with more, in milliseconds; later it is opened anew. */
const openMsMax = 1_000;

export interface DispatcherDeps {
  readonly queue: DeliveryQueue;
  readonly sender: Sender;
  readonly clock: Clock;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly events: DeliveryEvents;
}

/**
 * Runs the lanes: each in strict order by itself, all of them side by side, in turn. What must wait holds up only what
 * depends on it: a room its lane, a rate limit its account, an outage its homeserver.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #slots = new Map<LaneId, Slot>();
  readonly #stages = new Map<string, Stage>();
  readonly #gates = new Map<string, Barrier>();
  readonly #stop = new AbortController();
  readonly #settlements: SettlementLog;
  readonly #linger: Linger;
  #unsubscribe: (() => void) | undefined;
  #draining = false;
  #isPumping = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#linger = new Linger(deps.clock);
    const onFailure = (cause: unknown) => deps.events.storeFailed({ lane: undefined, cause });
    this.#settlements = new SettlementLog(deps.queue, deps.clock, onFailure, this.#stop.signal);
  }

  /** Takes up all that is owed, and whatever is accepted from now on. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.queue.onWork((work) => this.#offer(work));
    const lanes = await this.#deps.queue.lanesWithWork();
    this.#offer(lanes.map((lane) => ({ lane, covered: [], more: true })));
  }

  /** How many lanes wait for something other than their turn. */
  waitingLanes(): number {
    let waiting = 0;
    for (const slot of this.#slots.values()) if (slot.isWaiting) waiting++;
    return waiting;
  }

  /** Whatever waits is tried now, and what runs asks for its way again: an operator, or a reload, may have mended it. */
  wake(): void {
    this.#linger.endAll();
    // Before the barriers let any through: what begins now asks for its way by itself.
    for (const slot of this.#slots.values()) slot.wake();
    for (const { domain } of this.#stages.values()) domain.wake();
    for (const gate of this.#gates.values()) gate.wake();
    for (const slot of this.#slots.values()) if (slot.endWait()) this.#pump();
  }

  /**
   * Starts nothing more, lets requests that are under way end, and resolves when their completions are on disk. After
   * `deadlineMs` the requests are cut; their fate is then unknown, and stored as such.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#linger.endAll();
    this.#unsubscribe?.();
    for (const slot of this.#slots.values()) slot.cancelTimer();
    for (const barrier of [...this.#gates.values(), ...this.#domainBarriers()]) barrier.stop();
    const cancel = this.#deps.clock.after(deadlineMs, () => this.#stop.abort());
    await Promise.all([...this.#slots.values()].map(({ ended }) => ended));
    cancel();
    this.#stop.abort();
  }

  *#domainBarriers(): Iterable<Barrier> {
    for (const { domain } of this.#stages.values()) yield domain.barrier;
  }

  #offer(works: readonly Work[]): void {
    for (const work of works) {
      const slot = this.#slots.get(work.lane.id);
      if (slot === undefined) this.#makeReady(this.#takeUp(work.lane));
      else slot.tell(work, this.#deps.clock.monotonic());
    }
  }

  #takeUp(lane: Lane): Slot {
    const slot = new Slot(lane, this.#stageOf(lane), this.#gateOf(lane));
    this.#slots.set(lane.id, slot);
    return slot;
  }

  #stageOf(lane: Lane): Stage {
    const name = this.#deps.sender.domain(lane.key);
    let stage = this.#stages.get(name);
    if (stage === undefined) {
      const { clock, random } = this.#deps;
      const domain = new Domain(clock, random, (id) => this.#admitted(id));
      stage = { domain, ready: [], running: 0 };
      this.#stages.set(name, stage);
    }
    return stage;
  }

  #gateOf(lane: Lane): Barrier {
    let gate = this.#gates.get(lane.key.account);
    if (gate === undefined) {
      gate = new Barrier(this.#deps.clock, (id) => this.#admitted(id));
      this.#gates.set(lane.key.account, gate);
    }
    return gate;
  }

  #admitted(laneId: number): void {
    const slot = this.#slots.get(laneId as LaneId);
    if (slot !== undefined) this.#makeReady(slot);
  }

  #makeReady(slot: Slot): void {
    slot.makeReady();
    this.#pump();
  }

  /** Barriers let lanes through while this runs; those join their queue and have their turn in the same loop. */
  #pump(): void {
    if (this.#isPumping || this.#draining) return;
    this.#isPumping = true;
    for (let slot = this.#nextReady(); slot !== undefined; slot = this.#nextReady()) {
      slot.leaveReady();
      if (this.#enter(slot)) this.#run(slot);
    }
    this.#isPumping = false;
  }

  #nextReady(): Slot | undefined {
    for (const { ready, running } of this.#stages.values()) {
      if (ready.length === 0) continue;
      if (running < runningLanesMax) return ready.shift();
      this.#linger.endAll();
    }
    return undefined;
  }

  /**
   * A barrier that refuses calls back through #admitted. Always the account's first: whoever has both goes on at once, so
   * lanes that hold one place never wait for each other.
   */
  #enter(slot: Slot): boolean {
    const { id } = slot.lane;
    const { barrier } = slot.stage.domain;
    if (slot.gate.enter(id)) return barrier.enter(id);
    barrier.leave(id);
    return false;
  }

  #run(slot: Slot): void {
    const run = new LaneRun(this.#runDeps(slot), slot.lane);
    slot.begin(run, this.#deps.clock.monotonic() + openMsMax);
    slot.ended = run.run().then((end) => {
      slot.end();
      this.#ended(slot, end);
      this.#pump();
    });
  }

  #runDeps(slot: Slot): LaneRunDeps {
    const { id } = slot.lane;
    const { domain, ready } = slot.stage;
    return {
      ...this.#deps,
      settlements: this.#settlements,
      signal: this.#stop.signal,
      mayGoOn: () => !this.#draining && domain.barrier.mayGoOn(id) && slot.gate.mayGoOn(id),
      isWoken: () => slot.isWoken,
      othersWait: () => ready.length > 0,
      moreComes: () => this.#moreComes(slot),
      othersServed: () => slot.wereOthersServed,
      observe: (outcome) => this.#observe(slot, outcome),
    };
  }

  /** A place that others wait for, or that a barrier counts, is not held for what may come. */
  async #moreComes(slot: Slot): Promise<boolean> {
    if (this.#draining || !slot.mayStayOpen(this.#deps.clock.monotonic())) return false;
    if (slot.takeAgain()) return true;
    const { domain, ready } = slot.stage;
    const isFree = ready.length === 0 && domain.barrier.isOpen && slot.gate.isOpen;
    if (!isFree) return false;
    await slot.linger(this.#linger.begin());
    return slot.takeAgain();
  }

  #observe(slot: Slot, outcome: Outcome): void {
    slot.stage.domain.observe(slot.lane.id, outcome);
    if (outcome.kind === 'delivered') {
      slot.served();
      slot.gate.succeed();
    } else if (outcome.kind === 'limited') {
      slot.gate.close(Math.max(limitMsMin, outcome.retryAfterMs));
    }
  }

  #ended(slot: Slot, end: LaneEnd): void {
    if (this.#draining) return;
    switch (end.kind) {
      case 'drained':
        if (slot.takeAgain()) this.#makeReady(slot);
        else this.#slots.delete(slot.lane.id);
        return;
      case 'yielded':
        this.#makeReady(slot);
        return;
      case 'broken':
        this.#deps.events.storeFailed({ lane: slot.lane.key, cause: end.cause });
        this.#wait(slot, { kind: 'backoff' }, 'the outbox could not be used');
        return;
      case 'waits':
        this.#wait(slot, end.wait, end.error);
        return;
    }
  }

  #wait(slot: Slot, wait: Wait, error: string): void {
    this.#deps.events.laneWaits({ lane: slot.lane.key, for: wait.kind, error });
    if (wait.kind === 'limit' || wait.kind === 'homeserver' || slot.isWoken) {
      // A barrier that is closed makes the lane wait there when it asks to enter.
      this.#makeReady(slot);
      return;
    }
    if (wait.kind === 'backoff') slot.failed();
    const { clock, random } = this.#deps;
    const forMs = wait.kind === 'backoff' ? backoffMs(slot.failuresInRow, random()) : wait.forMs;
    slot.waitForTimer(clock.after(forMs, () => this.#makeReady(slot)));
  }
}
