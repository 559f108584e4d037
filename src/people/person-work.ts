import type { UserId } from '../matrix/ids.ts';
import type { ListedUser } from '../matrix/synapse/users.ts';
import type { DesiredPerson } from './memberships/desired-person.ts';
import type { Deed, PersonResult } from './people-ledger.ts';
import type { PersonProgress, PersonRecord, PersonState } from './person-record.ts';

/** What of an account is looked at. */
export type Account = Pick<ListedUser, 'displayName' | 'deactivated' | 'locked'>;

/** A detail that people read in a list; longer ones say the same many times. */
const detailLengthMax = 500;

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
  readonly #deeds: Deed[] = [];

  constructor(record: PersonRecord, desired: DesiredPerson, userId: UserId) {
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
    if (account === undefined || goesOn !== undefined || isCutOff) return false;
    return this.desired.isRevoked || !(account.deactivated || account.locked);
  }

  did(what: string): void {
    this.#deeds.push({ what, result: 'done' });
  }

  /** What is to be written down now; undefined: nothing changed. Deeds are told once. */
  result(now: number): PersonResult | undefined {
    const { state, detail } = this.#end();
    const before = this.record.progress;
    const isSame = state === before.state && detail === before.detail;
    if (isSame && this.#deeds.length === 0 && this.progress === before) return undefined;
    if (!isSame && state !== 'pending') this.#deeds.push({ what: state, result: detail ?? 'done' });
    const { wish } = this.record;
    const isApplied = state === 'applied';
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
        applied: isApplied ? this.desired.version : this.progress.applied,
        createdRevision: isApplied ? wish.createdRevision : this.progress.createdRevision,
        offboarding: isApplied && !this.desired.isRevoked ? undefined : this.progress.offboarding,
      },
    };
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
