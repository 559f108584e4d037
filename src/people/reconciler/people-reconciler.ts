import { backoffMs } from '../../backoff.ts';
import { type Clock, pause } from '../../clock.ts';
import type { DeploymentRooms } from '../../deployment/rooms/deployment-rooms.ts';
import type { Accounts } from '../accounts.ts';
import { AccountEndings } from '../offboarding/account-endings.ts';
import type { PeopleEvents, RoundReport } from '../people-events.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import { PeopleRound } from './people-round.ts';

/** The homeserver as it can be spoken to now. */
export interface LiveDeployment {
  readonly rooms: DeploymentRooms;
  readonly accounts: Accounts;
}

export interface ReconcileDeps {
  readonly ledger: PeopleLedger;
  readonly clock: Clock;
  readonly events: PeopleEvents;
  /** Asked at the beginning of each round. */
  readonly policy: () => PeoplePolicy;
  /** Asked at the beginning of each round; it may wait for the homeserver. */
  readonly open: (signal: AbortSignal) => Promise<LiveDeployment>;
  /** From the end of a round to the next, when nothing wakes it; at most 30 s, so that an end is reached within 60. */
  readonly intervalMs: number;
}

/** The longest wait after failed rounds: with this the end state is reached within a minute of the homeserver's return. */
const backoffMsMax = 30_000;
/** A homeserver that hangs must not stop the people for good; ten times what a full round of 1,000 people takes. */
const roundMsMax = 10 * 60_000;

/** Brings about what the ledger asks for, whenever the homeserver is there. */
export class PeopleReconciler {
  readonly #deps: ReconcileDeps;
  readonly #endings: AccountEndings;
  #wake: (() => void) | undefined;
  #isAwake = false;
  #signal: AbortSignal | undefined;
  #turn = 0;
  #dueAt: number | undefined;
  #last: RoundReport | undefined;

  constructor(deps: ReconcileDeps) {
    this.#deps = deps;
    this.#endings = new AccountEndings((fault) => {
      if (fault === undefined) this.wake();
      else if (this.#signal?.aborted !== true) this.#deps.events.endingFailed({ cause: fault });
    });
  }

  /** The last round that reached everybody; undefined: there was none yet. */
  get last(): RoundReport | undefined {
    return this.#last;
  }

  /** Until the first revocation that waited for the others of its act can begin, after the last round; undefined: none waits. */
  get settledInMs(): number | undefined {
    if (this.#dueAt === undefined) return undefined;
    return Math.max(this.#dueAt - this.#deps.clock.monotonic(), 0);
  }

  /** Begins a round soon: somebody changed something. */
  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  /** Runs rounds until `signal` aborts; then it resolves once nothing goes on any more. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const isOver = () => signal.aborted;
    let failures = 0;
    while (!isOver()) {
      this.#isAwake = false;
      try {
        const { left } = await this.round(signal);
        failures = 0;
        if (left === 0) await this.#rest(signal);
      } catch (cause) {
        if (isOver()) break;
        const retryMs = backoffMs(failures++, 1, backoffMsMax);
        this.#deps.events.roundFailed({ cause, retryMs });
        await pause(this.#deps.clock, retryMs, signal);
      }
    }
    await this.#endings.idle();
  }

  /**
   * One look at all people and what it leads to; what takes long goes on after it.
   * @throws MatrixError, TransportError or Failure when it could not reach everybody.
   */
  async round(signal: AbortSignal): Promise<RoundReport> {
    const { clock, events, ledger } = this.#deps;
    const began = clock.monotonic();
    const deadline = new AbortController();
    const cancel = clock.after(roundMsMax, () => deadline.abort());
    const within = AbortSignal.any([signal, deadline.signal]);
    try {
      const live = await this.#deps.open(within);
      const round = new PeopleRound({
        ...live,
        ledger,
        clock,
        policy: this.#deps.policy(),
        endings: this.#endings,
        endingSignal: signal,
        turn: this.#turn++,
      });
      const counted = await round.run(within);
      this.#dueAt = round.dueAt;
      const report = { ...counted, durationMs: clock.monotonic() - began };
      this.#last = report;
      events.roundEnded(report);
      return report;
    } finally {
      cancel();
    }
  }

  /** Resolves when no account is being ended any more. */
  async idle(): Promise<void> {
    await this.#endings.idle();
  }

  async #rest(signal: AbortSignal): Promise<void> {
    if (this.#isAwake) return;
    const { clock, intervalMs } = this.#deps;
    const awake = new AbortController();
    this.#wake = () => awake.abort();
    await pause(
      clock,
      Math.min(intervalMs, this.settledInMs ?? intervalMs),
      AbortSignal.any([signal, awake.signal]),
    );
    this.#wake = undefined;
  }
}
