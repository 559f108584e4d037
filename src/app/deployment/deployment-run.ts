import { type Clock, pause } from '../../clock.ts';
import type { BotStatus } from '../../deployment/bot/bot-event.ts';
import { type AppliedDeployment, Deployment } from '../../deployment/deployment.ts';
import { describeFinding } from '../../deployment/plan/describe-plan.ts';
import type { Finding } from '../../deployment/plan/plan.ts';
import type { Session } from '../../matrix/session.ts';
import { createPeopleDoor } from '../../people/create-people-door.ts';
import { LiveAccounts } from '../../people/live-accounts.ts';
import type { PeopleDoor } from '../../people/people-door.ts';
import type { RoundReport } from '../../people/people-events.ts';
import type { PeopleLedger } from '../../people/people-ledger.ts';
import {
  type LiveDeployment,
  PeopleReconciler,
} from '../../people/reconciler/people-reconciler.ts';
import type { DeploymentEvents } from './deployment-events.ts';
import { type OpenedBot, openBot } from './open-bot.ts';
import type { DeploymentFile } from './read-deployment-file.ts';

export interface DeploymentRunDeps {
  readonly ledger: PeopleLedger;
  readonly clock: Clock;
  readonly events: DeploymentEvents;
  /** From the end of a round to the next, when nothing wakes it; at most 30 s, so that an end is reached within 60. */
  readonly intervalMs: number;
}

/** How a deployment stands. */
export interface DeploymentReport {
  readonly bot: BotStatus;
  /** Of the last look at its rooms. */
  readonly rooms: { readonly remaining: number; readonly unfixable: number } | undefined;
  /** Of the last round that reached everybody. */
  readonly people: RoundReport | undefined;
  /** Whether the last round failed for all. */
  readonly hasFailed: boolean;
}

/** The rooms as the last look left them. */
interface LastLook {
  readonly applied: AppliedDeployment;
  readonly token: string;
  /** Monotonic. */
  readonly at: number;
}

/** The audit log is kept for months: it may be an hour longer. */
const purgeEveryMs = 60 * 60_000;
/** Lines of one step; some 10 ms of the writer's time. */
const purgedLinesMax = 1_000;

/** Somebody is put out in one round, the account is ended beside it, and the next sees that it was. */
const roundsMax = 3;
/** Revocations wait 15 s for the others of their act, and nobody would begin them after a command that did not wait. */
const settleMsMax = 60_000;

/** A deployment file that is in force: in rounds, first the rooms become as it says, then the people. */
export class DeploymentRun {
  readonly file: DeploymentFile;
  readonly door: PeopleDoor;
  readonly #deps: DeploymentRunDeps;
  readonly #opened: OpenedBot;
  readonly #deployment: Deployment;
  readonly #reconciler: PeopleReconciler;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #session: Session | undefined;
  #look: LastLook | undefined;
  #isLookWanted = false;
  #toldFindings = '';
  #hasFailed = false;
  #purgeAt = 0;

  /** It does nothing yet. The caller must own the data directory. @throws Failure deployment_invalid */
  constructor(file: DeploymentFile, deps: DeploymentRunDeps) {
    const { clock, events, ledger, intervalMs } = deps;
    const { desired, people } = file;
    this.file = file;
    this.#deps = deps;
    this.#opened = openBot(desired, { clock, onEvent: (event) => events.bot(event) });
    this.#deployment = new Deployment(desired, {
      session: async (signal) => await this.#prove(signal),
      // Whoever owns the data directory is the only writer.
      takeWriter: () => ({ release: () => undefined }),
      clock,
      onStep: ({ step: { kind, key }, problem }) => events.step({ kind, key, problem }),
    });
    this.#reconciler = new PeopleReconciler({
      ledger,
      clock,
      intervalMs,
      policy: () => people.policy,
      open: async (signal) => await this.#open(signal),
      events: {
        roundEnded: (report) => this.#roundEnded(report),
        roundFailed: (failure) => this.#failed(failure),
        endingFailed: ({ cause }) => events.failed({ cause, retryMs: undefined }),
      },
    });
    this.door = createPeopleDoor({
      ledger,
      clock,
      serverName: desired.serverName,
      nameRule: people.nameRule,
      reserved: people.reserved,
      policy: () => people.policy,
      changed: () => this.#reconciler.wake(),
    });
  }

  get report(): DeploymentReport {
    const { findings, remaining } = this.#look?.applied ?? {};
    const unfixable = findings?.filter(({ kind }) => kind === 'unfixable').length ?? 0;
    return {
      bot: this.#opened.bot.status,
      rooms: remaining && { remaining: remaining.length, unfixable },
      people: this.#reconciler.last,
      hasFailed: this.#hasFailed,
    };
  }

  /** Runs rounds until `stop`, also while the homeserver is away. */
  start(): void {
    this.#running ??= this.#reconciler.run(this.#stopping.signal);
  }

  /** Begins a round soon, with a look at the rooms. */
  wake(): void {
    this.#isLookWanted = true;
    this.#reconciler.wake();
  }

  /** One look at everything and everybody, and what it leads to, to the end. @throws MatrixError, TransportError or Failure */
  async round(signal: AbortSignal): Promise<RoundReport> {
    let report = await this.#reconciler.round(signal);
    for (let rounds = 1; rounds < roundsMax || report.left > 0; rounds++) {
      await this.#reconciler.idle();
      if (report.left + report.people.pending === 0) break;
      const { settledInMs } = this.#reconciler;
      if (settledInMs !== undefined && settledInMs <= settleMsMax) {
        await pause(this.#deps.clock, settledInMs, signal);
        rounds = 0;
      }
      report = await this.#reconciler.round(signal);
    }
    return report;
  }

  /** Cuts what is under way; the next round, whoever runs it, goes on from there. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#opened.close();
  }

  async #prove(signal: AbortSignal): Promise<Session> {
    this.#session = await this.#opened.bot.session(signal);
    return this.#session;
  }

  /** People come often and rooms change seldom, so not every round looks at the rooms' settings. */
  async #open(signal: AbortSignal): Promise<LiveDeployment> {
    const { clock, intervalMs } = this.#deps;
    let look = this.#look;
    const isDue =
      this.#isLookWanted || look === undefined || clock.monotonic() - look.at >= intervalMs;
    const proven = isDue ? undefined : await this.#prove(signal);
    if (look === undefined || proven?.accessToken !== look.token) {
      look = await this.#lookAtRooms(signal);
    }
    const session = this.#session ?? (await this.#prove(signal));
    return { rooms: look.applied.deploymentRooms, accounts: new LiveAccounts(session) };
  }

  async #lookAtRooms(signal: AbortSignal): Promise<LastLook> {
    const { clock, events } = this.#deps;
    const at = clock.monotonic();
    this.#isLookWanted = false;
    const applied = await this.#deployment.apply(signal);
    const look = { applied, at, token: this.#session?.accessToken ?? '' };
    this.#look = look;
    const { taken, remaining, findings } = applied;
    events.applied({
      at: clock.now(),
      taken: taken.filter(({ problem }) => problem === undefined).length,
      remaining: remaining.length,
      findings,
      isNews: this.#isNews(findings),
    });
    return look;
  }

  #isNews(findings: readonly Finding[]): boolean {
    const told = findings.map(describeFinding).join('\n');
    const isNews = told !== this.#toldFindings;
    this.#toldFindings = told;
    return isNews;
  }

  #roundEnded(report: RoundReport): void {
    const { clock, events } = this.#deps;
    this.#hasFailed = false;
    events.peopleRound(report, clock.now());
    if (clock.monotonic() < this.#purgeAt) return;
    this.#purgeAt = clock.monotonic() + purgeEveryMs;
    void this.#purgeHistory();
  }

  async #purgeHistory(): Promise<void> {
    const { clock, events, ledger } = this.#deps;
    const before = clock.now() - this.file.people.historyMs;
    try {
      let purged = purgedLinesMax;
      while (purged === purgedLinesMax && !this.#stopping.signal.aborted) {
        purged = await ledger.purgeHistory(before, purgedLinesMax);
      }
    } catch (cause) {
      events.failed({ cause, retryMs: purgeEveryMs });
    }
  }

  #failed(failure: { readonly cause: unknown; readonly retryMs: number }): void {
    this.#hasFailed = true;
    this.#deps.events.failed(failure);
  }
}
