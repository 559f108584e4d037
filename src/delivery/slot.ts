import type { Lane } from '../outbox/outbox.ts';
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

/** A lane that has, or may have, work. */
export interface Slot {
  readonly lane: Lane;
  readonly stage: Stage;
  readonly gate: Barrier;
  state: 'ready' | 'running' | 'waiting';
  /** While it runs. */
  run: LaneRun | undefined;
  /** Work that is to be claimed came while it ran. */
  again: boolean;
  /** Somebody wants it tried once more, whatever comes of the run under way. */
  woken: boolean;
  /** While it is dry and stays open. */
  lingering: Lingering | undefined;
  /** Settles when the run is over and the lane let go. */
  ended: Promise<void>;
  /** On the monotonic clock: a lane that runs dry later is opened anew for what comes, and so finds its way anew. */
  lingersTo: number;
  failuresInRow: number;
  /** `domain.served` at this lane's previous failure. */
  servedAtFailure: number;
  /** How many of `domain.served` were this lane's own. */
  ownServed: number;
  ownServedAtFailure: number;
  cancelTimer: (() => void) | undefined;
}

/** A lane that is new here. */
export function newSlot(lane: Lane, stage: Stage, gate: Barrier): Slot {
  return {
    lane,
    stage,
    gate,
    state: 'waiting',
    run: undefined,
    again: false,
    woken: false,
    lingering: undefined,
    ended: Promise.resolve(),
    lingersTo: 0,
    failuresInRow: 0,
    servedAtFailure: stage.domain.served,
    ownServed: 0,
    ownServedAtFailure: 0,
    cancelTimer: undefined,
  };
}
