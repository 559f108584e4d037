import type { Clock } from '../clock.ts';
import type { UserId } from '../matrix/ids.ts';
import type { ListedUser } from '../matrix/synapse/users.ts';
import type { DesiredPerson } from './memberships/desired-person.ts';
import type { KeptRooms } from './memberships/plan-person.ts';
import type { Deed, PersonResult } from './people-ledger.ts';
import type { PersonProgress, PersonRecord, PersonState } from './person-record.ts';

/** What of an account is looked at. */
export type Account = Pick<ListedUser, 'displayName' | 'admin' | 'deactivated' | 'locked'>;

/** A detail that people read in a list; longer ones say the same many times. */
const detailLengthMax = 500;

const nothingKept: KeptRooms = new Set();

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((key, index) => key === other[index]);

/** A person in one round: what is found out and done about it until it is written down. */
export class PersonWork {
  readonly record: PersonRecord;
  readonly desired: DesiredPerson;
  userId: UserId;
  /** Undefined: there is none (yet). */
  account: Account | undefined;
  progress: PersonProgress;
  /** What this round could not bring about, with the way out. */
  readonly findings: string[] = [];
  /** Something goes on beyond this round: the person stays pending, for this reason. */
  goesOn: string | undefined;
  /** The round broke off: what is not known yet stays as it was written. */
  isCutOff = false;
  #isBarred = false;
  readonly #clock: Clock;
  readonly #deeds: Deed[] = [];

  constructor(record: PersonRecord, desired: DesiredPerson, userId: UserId, clock: Clock) {
    this.#clock = clock;
    this.record = record;
    this.desired = desired;
    this.userId = userId;
    this.progress = record.progress;
  }

  get personId(): string {
    return this.desired.personId;
  }

  /** Whether the rooms may be worked on; nobody is let in with an account that was ended. */
  get isReady(): boolean {
    const { account, goesOn, isCutOff } = this;
    if (account === undefined || goesOn !== undefined || isCutOff || this.#isBarred) return false;
    return this.desired.isRevoked || !(account.deactivated || account.locked);
  }

  /** Whether nothing at all may be done to this person or its account; a finding says why. */
  get isBarred(): boolean {
    return this.#isBarred;
  }

  /** Names what the person is to be, and the account that is to be it. */
  get version(): string {
    return `${this.desired.version} ${this.userId}`;
  }

  /**
   * The rooms, by key, where what the person has beside what is wanted is not to be taken. It was only ever let in here,
   * without a word on what else it is: another program may have said that before, as python-matrix-rmapi of an
   * administrator. Nothing is kept for whose account was ended or locked.
   */
  get kept(): KeptRooms {
    if (!this.#isOnlyLetIn) return nothingKept;
    const { kept, createdRevision } = this.progress;
    if (kept?.userId === this.userId) return new Set(kept.rooms);
    return createdRevision === 0 ? 'all' : nothingKept;
  }

  /** Remembers where the person keeps something, once all its rooms were seen. */
  keep(rooms: readonly string[]): void {
    const { userId, progress } = this;
    if (!this.#isOnlyLetIn) return;
    const isKnown = progress.kept?.userId === userId || progress.createdRevision > 0;
    if (isKnown && isSameList(progress.kept?.rooms ?? [], rooms)) return;
    this.progress = { ...progress, kept: { userId, rooms } };
  }

  get #isOnlyLetIn(): boolean {
    const { standing, roles, rank, revokedRevision } = this.record.wish;
    const isSilent = roles === undefined && rank === undefined && revokedRevision === 0;
    return standing === 'active' && isSilent;
  }

  /** Whether just this was brought about before. */
  get isApplied(): boolean {
    return this.progress.applied === this.version;
  }

  /** Ends the work on this person before it begins. */
  bar(finding: string): void {
    this.#isBarred = true;
    this.findings.push(finding);
  }

  did(what: string): void {
    this.#deeds.push({ at: this.#clock.now(), what, result: 'done' });
  }

  /** What is to be written down now; undefined: nothing changed. Deeds are told once. */
  result(): PersonResult | undefined {
    const now = this.#clock.now();
    const { state, detail } = this.#end();
    const { wish, progress: before } = this.record;
    const isApplied = state === 'applied';
    const isSame = state === before.state && detail === before.detail;
    if (isSame && !this.#hasNews(isApplied)) return undefined;
    if (!isSame && state !== 'pending') {
      this.#deeds.push({ at: now, what: state, result: detail ?? 'done' });
    }
    return {
      personId: this.personId,
      revision: wish.revision,
      deeds: this.#deeds,
      progress: {
        ...this.progress,
        state,
        detail,
        at: isSame ? before.at : now,
        userId: this.account === undefined ? before.userId : this.userId,
        applied: isApplied ? this.version : this.progress.applied,
        createdRevision: isApplied ? wish.createdRevision : this.progress.createdRevision,
        offboarding: isApplied && !this.desired.isRevoked ? undefined : this.progress.offboarding,
      },
    };
  }

  #hasNews(isApplied: boolean): boolean {
    const isFirstApplied = isApplied && !this.isApplied;
    return isFirstApplied || this.#deeds.length > 0 || this.progress !== this.record.progress;
  }

  #end(): { readonly state: PersonState; readonly detail: string | undefined } {
    if (this.isCutOff) return this.#before();
    if (this.findings.length > 0) {
      return { state: 'failed', detail: this.findings.join(' ').slice(0, detailLengthMax) };
    }
    if (this.account === undefined) {
      return { state: 'waiting', detail: `The homeserver has no ${this.userId} yet.` };
    }
    if (this.goesOn !== undefined) return { state: 'pending', detail: this.goesOn };
    return { state: 'applied', detail: undefined };
  }

  #before(): { readonly state: PersonState; readonly detail: string | undefined } {
    const { state, detail } = this.record.progress;
    return state === 'applied' ? { state: 'pending', detail: undefined } : { state, detail };
  }
}
