import type { Clock } from '../../clock.ts';
import type { DeploymentRooms } from '../../deployment/rooms/deployment-rooms.ts';
import type { RoomPeople } from '../../deployment/rooms/room-people.ts';
import { forEachBounded } from '../../for-each-bounded.ts';
import { parseUserId, type UserId } from '../../matrix/ids.ts';
import type { Accounts } from '../accounts.ts';
import { changeRooms } from '../memberships/change-rooms.ts';
import { desiredPerson } from '../memberships/desired-person.ts';
import { planPerson } from '../memberships/plan-person.ts';
import { AccountEnding } from '../offboarding/account-ending.ts';
import type { AccountEndings } from '../offboarding/account-endings.ts';
import { guardRevocations } from '../offboarding/guard.ts';
import { hasReached, isEndingDue } from '../offboarding/offboarding.ts';
import type { RoundReport } from '../people-events.ts';
import type { PeopleLedger, PersonResult } from '../people-ledger.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import type { PersonRecord, PersonState } from '../person-record.ts';
import { type Account, PersonWork } from '../person-work.ts';
import { describeFault, isFaultOfAll } from './describe-fault.ts';
import { isUnseen, listAccounts } from './find-accounts.ts';
import { prepareAccount } from './prepare-account.ts';

/** People are read in pages of this many: some 2 MB. */
const pageLimit = 1_000;
/** People whose accounts are worked on at once; a homeserver answers a few at a time well. */
const atOnceMax = 4;

/** People in one batch: one write of levels for each room, and some seconds until what they did is written down. */
const batchMax = 100;
/** After this long the next round looks anew: a revocation must not wait for an import of thousands. */
const sliceMs = 10_000;

/** What the people are worked on with. */
export interface RoundDeps {
  readonly rooms: DeploymentRooms;
  readonly accounts: Accounts;
  readonly ledger: PeopleLedger;
  readonly policy: PeoplePolicy;
  readonly clock: Clock;
  readonly endings: AccountEndings;
  /** Outlives the round: for what goes on beside it. */
  readonly endingSignal: AbortSignal;
  /** Which round this is: it decides with whom of those that fail again and again it begins. */
  readonly turn: number;
}

/** What a round looks at first. */
interface Looked {
  readonly rooms: ReadonlyMap<string, RoomPeople>;
  readonly listed: ReadonlyMap<UserId, Account> | undefined;
  readonly signal: AbortSignal;
}

/** One look at all people and what it leads to. */
export class PeopleRound {
  readonly #deps: RoundDeps;
  readonly #toStart: (() => boolean)[] = [];
  readonly #states = new Map<string, PersonState>();
  readonly #unreadable = new Map<string, string>();
  #fault: Error | undefined;
  #dueAt: number | undefined;

  constructor(deps: RoundDeps) {
    this.#deps = deps;
  }

  /** When what this round had to leave can be done, in monotonic milliseconds; undefined: nothing was left for a time. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /**
   * Brings about what can be now. A fault of one person is written down and stops no
   * other.
   * @throws MatrixError, TransportError or Failure when the homeserver, the session or the store failed for all; what was
   * done before is written down.
   */
  async run(signal: AbortSignal): Promise<Omit<RoundReport, 'durationMs'>> {
    const { clock, accounts } = this.#deps;
    const records = await this.#readPeople();
    const rooms = await this.#readRooms(signal);
    const works = inOrder(await this.#select(records, rooms), this.#deps.turn);
    const looked: Looked = { rooms, listed: await listAccounts(works, accounts, signal), signal };
    const began = clock.monotonic();
    let done = 0;
    while (done < works.length) {
      if (done > 0 && clock.monotonic() - began >= sliceMs) break;
      const batch = works.slice(done, done + batchMax);
      done += batch.length;
      await this.#runBatch(batch, looked);
    }
    const left = works.slice(done).filter(({ record }) => record.progress.state !== 'failed');
    return { people: this.#count(records), worked: done, left: left.length };
  }

  async #runBatch(works: readonly PersonWork[], looked: Looked): Promise<void> {
    const { signal } = looked;
    const each = (work: PersonWork, act: () => Promise<void>) => this.#each(work, act, signal);
    try {
      await this.#prepare(works, looked);
      const planned = this.#planned(works, looked.rooms);
      await changeRooms(planned, this.#deps.rooms, { signal, each });
      for (const work of works) this.#finish(work);
    } finally {
      await this.#write(works);
    }
    if (this.#fault !== undefined) throw this.#fault;
  }

  async #readPeople(): Promise<PersonRecord[]> {
    const records: PersonRecord[] = [];
    for (;;) {
      const after = records.at(-1)?.wish.personId;
      const page = await this.#deps.ledger.people({ after, limit: pageLimit });
      records.push(...page);
      if (page.length < pageLimit) return records;
    }
  }

  /** A room that cannot be read keeps nobody from the others. */
  async #readRooms(signal: AbortSignal): Promise<Map<string, RoomPeople>> {
    const found = new Map<string, RoomPeople>();
    await forEachBounded(this.#deps.rooms.keys, atOnceMax, async (key) => {
      try {
        const room = await this.#deps.rooms.read(key, signal);
        if (room !== undefined) found.set(key, room);
      } catch (fault) {
        if (isFaultOfAll(fault) || signal.aborted) throw fault;
        this.#unreadable.set(key, `${key}: ${describeFault(fault)}`);
      }
    });
    return found;
  }

  /** Those for whom there may be something to do. */
  async #select(
    records: readonly PersonRecord[],
    rooms: ReadonlyMap<string, RoomPeople>,
  ): Promise<PersonWork[]> {
    const { endings, policy, clock } = this.#deps;
    const now = clock.now();
    const { held, settling, settledInMs, detail } = guardRevocations(records, policy.guard, now);
    if (settledInMs !== undefined) this.#dueAt = clock.monotonic() + settledInMs;
    const freshlyHeld = records.filter(
      ({ wish, progress }) => held.has(wish.personId) && progress.state !== 'held',
    );
    await this.#record(freshlyHeld.map((record) => heldResult(record, detail, now)));
    const works: PersonWork[] = [];
    for (const record of records) {
      const { personId } = record.wish;
      if (held.has(personId) || settling.has(personId) || endings.isRunning(personId)) continue;
      const work = this.#workOn(record);
      if (!this.#isSettled(work, rooms, now)) works.push(work);
    }
    return works;
  }

  #workOn(record: PersonRecord): PersonWork {
    const { rooms, policy, clock } = this.#deps;
    const { personId } = record.wish;
    const known = record.progress.userId ?? `@${personId}:${rooms.serverName}`;
    const userId = parseUserId(known);
    if (userId === undefined) throw new Error(`${known} is no user id.`);
    return new PersonWork(record, desiredPerson(record.wish, rooms.keys, policy), userId, clock);
  }

  /** Whether a person needs no look at its account: all is done, and the rooms show it. */
  #isSettled(work: PersonWork, rooms: ReadonlyMap<string, RoomPeople>, now: number): boolean {
    const { policy } = this.#deps;
    const { progress, desired, userId } = work;
    if (progress.state !== 'applied' || !work.isApplied) return false;
    if (desired.unknownRoles.length > 0) return false;
    if (
      progress.offboarding !== undefined &&
      isEndingDue(progress.offboarding, policy.offboarding, now)
    ) {
      return false;
    }
    const observed = { userId, isApplied: true, kept: work.kept, rooms };
    const { steps, findings } = planPerson(desired, observed, policy);
    return steps.length === 0 && findings.length === 0;
  }

  async #prepare(works: readonly PersonWork[], { listed, signal }: Looked): Promise<void> {
    const { botUserId } = this.#deps.rooms;
    await forEachBounded(works, atOnceMax, async (work) => {
      const known = listed !== undefined && isUnseen(work) ? listed : undefined;
      const deps = { ...this.#deps, botUserId, listed: known, signal };
      await this.#each(work, () => prepareAccount(work, deps), signal);
    });
  }

  #planned(works: readonly PersonWork[], rooms: ReadonlyMap<string, RoomPeople>) {
    return works
      .filter(({ isReady }) => isReady)
      .map((work) => {
        const { desired, userId, isApplied, kept } = work;
        const observed = { userId, isApplied, kept, rooms };
        const plan = planPerson(desired, observed, this.#deps.policy);
        const missed = this.#missed(work, plan.missing);
        work.findings.push(...plan.findings, ...missed);
        if (missed.length === 0) work.keep(plan.kept);
        return { work, steps: plan.steps };
      });
  }

  #missed({ desired, record: { wish, progress } }: PersonWork, keys: readonly string[]): string[] {
    // A room may be there and only not be seen now: what somebody was given in it must not be forgotten.
    const hasToLose = progress.applied !== undefined || wish.rank === 'demoted';
    return keys.flatMap((key) => {
      const fault = this.#unreadable.get(key);
      if (fault !== undefined) return [fault];
      const isWanted = desired.rooms.get(key)?.membership === 'join';
      if (isWanted) return [`The room ${key} is not there yet.`];
      return hasToLose && !desired.isRevoked ? [`The room ${key} cannot be seen.`] : [];
    });
  }

  #finish(work: PersonWork): void {
    const { policy, clock, endings } = this.#deps;
    const { offboarding } = work.progress;
    if (work.isCutOff || work.isBarred || !work.desired.isRevoked || offboarding === undefined)
      return;
    // What the rooms refused stays a finding, but does not keep the account.
    const isOut = work.account?.deactivated === true || hasReached(offboarding, 'signed_out');
    if (!isOut || !isEndingDue(offboarding, policy.offboarding, clock.now())) return;
    const ending = new AccountEnding(
      work,
      offboarding,
      { deps: this.#deps, policy: policy.offboarding },
      this.#deps.endingSignal,
    );
    work.goesOn = 'The account is being ended.';
    this.#toStart.push(() => endings.start(work.personId, () => ending.run()));
  }

  async #write(works: readonly PersonWork[]): Promise<void> {
    const results: PersonResult[] = [];
    for (const work of works) {
      const result = work.result();
      if (result !== undefined) results.push(result);
    }
    await this.#record(results);
    // Only now: an ending writes on what was written here.
    for (const start of this.#toStart.splice(0)) start();
  }

  async #record(results: readonly PersonResult[]): Promise<void> {
    for (let from = 0; from < results.length; from += pageLimit) {
      await this.#deps.ledger.recordResults(results.slice(from, from + pageLimit));
    }
    for (const { personId, progress } of results) this.#states.set(personId, progress.state);
  }

  #count(records: readonly PersonRecord[]): RoundReport['people'] {
    const counts = { pending: 0, applied: 0, waiting: 0, failed: 0, held: 0 };
    for (const { wish, progress } of records) {
      counts[this.#states.get(wish.personId) ?? progress.state]++;
    }
    return counts;
  }

  /** Acts for one person. Its fault is its own, unless it is one of all: then nobody else is begun with. */
  async #each(work: PersonWork, act: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#fault !== undefined) {
      work.isCutOff = true;
      return;
    }
    try {
      await act();
    } catch (fault) {
      if (isFaultOfAll(fault) || (signal.aborted && fault instanceof Error)) {
        work.isCutOff = true;
        this.#fault = fault;
      } else work.findings.push(describeFault(fault));
    }
  }
}

/** Revocations first, and last those that failed before, in turns. */
function inOrder(works: readonly PersonWork[], turn: number): PersonWork[] {
  const hasFailed = ({ record }: PersonWork) => record.progress.state === 'failed';
  const fresh = works.filter((work) => !hasFailed(work));
  const failed = works.filter(hasFailed);
  const from = failed.length === 0 ? 0 : (turn * batchMax) % failed.length;
  return [
    ...fresh.filter(({ desired }) => desired.isRevoked),
    ...fresh.filter(({ desired }) => !desired.isRevoked),
    ...failed.slice(from),
    ...failed.slice(0, from),
  ];
}

function heldResult({ wish, progress }: PersonRecord, detail: string, at: number): PersonResult {
  return {
    personId: wish.personId,
    revision: wish.revision,
    progress: { ...progress, state: 'held', detail, at },
    deeds: [{ at, what: 'held', result: detail }],
  };
}
