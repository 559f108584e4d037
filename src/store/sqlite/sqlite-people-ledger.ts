import type { LifecycleChange } from '../../people/lifecycle-change.ts';
import type {
  AuditEntry,
  PeopleLedger,
  PeoplePage,
  PersonResult,
} from '../../people/people-ledger.ts';
import type { PersonRecord } from '../../people/person-record.ts';
import type { Executor } from './executor.ts';

/** The people in the SQLite database. */
export class SqlitePeopleLedger implements PeopleLedger {
  readonly #executor: Executor;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  async record(change: LifecycleChange): Promise<PersonRecord> {
    return await this.#executor.run('recordChange', change);
  }

  async recordAll(changes: readonly LifecycleChange[]): Promise<void> {
    if (changes.length > 0) await this.#executor.run('recordChanges', changes);
  }

  async person(personId: string): Promise<PersonRecord | undefined> {
    return await this.#executor.run('person', personId);
  }

  async people(page: PeoplePage): Promise<PersonRecord[]> {
    return await this.#executor.run('people', page);
  }

  async recordResults(results: readonly PersonResult[]): Promise<void> {
    if (results.length > 0) await this.#executor.run('recordPeopleResults', results);
  }

  async approve(personId: string, by: string, at: number): Promise<boolean> {
    return await this.#executor.run('approvePerson', personId, by, at);
  }

  async history(personId: string, limit: number): Promise<AuditEntry[]> {
    return await this.#executor.run('personHistory', personId, limit);
  }

  async purgeHistory(before: number, limit: number): Promise<number> {
    return await this.#executor.run('purgePersonHistory', before, limit);
  }
}
