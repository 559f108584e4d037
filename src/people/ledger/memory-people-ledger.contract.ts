import type { LifecycleChange } from '../lifecycle-change.ts';
import type { AuditEntry, PeopleLedger, PeoplePage, PersonResult } from '../people-ledger.ts';
import type { PersonRecord } from '../person-record.ts';
import { approveHeld } from './approve-held.ts';
import { isVoid, mergeChange } from './merge-change.ts';
import { mergeResult } from './merge-result.ts';

/** A ledger for tests, gone with the process. */
export class MemoryPeopleLedger implements PeopleLedger {
  readonly #people = new Map<string, PersonRecord>();
  #history: AuditEntry[] = [];

  record(change: LifecycleChange): Promise<PersonRecord> {
    const before = this.#people.get(change.personId);
    const after = mergeChange(before, change);
    this.#people.set(change.personId, after);
    const { personId, at, source: who, kind: what, why } = change;
    const result = isVoid(before, change) ? 'void: revoked before' : 'recorded';
    this.#history.push({ at, personId, who, what, why, result });
    return Promise.resolve(after);
  }

  async recordAll(changes: readonly LifecycleChange[]): Promise<void> {
    await Promise.all(changes.map((change) => this.record(change)));
  }

  person(personId: string): Promise<PersonRecord | undefined> {
    return Promise.resolve(this.#people.get(personId));
  }

  people({ after = '', limit, state }: PeoplePage): Promise<PersonRecord[]> {
    const all = [...this.#people.values()]
      .filter(
        ({ wish, progress }) =>
          wish.personId > after && [undefined, progress.state].includes(state),
      )
      .sort((one, other) => (one.wish.personId < other.wish.personId ? -1 : 1));
    return Promise.resolve(all.slice(0, limit));
  }

  recordResults(results: readonly PersonResult[]): Promise<void> {
    for (const result of results) {
      const { personId, deeds, revision } = result;
      const record = this.#people.get(personId);
      if (record === undefined) continue;
      this.#people.set(personId, mergeResult(record, result));
      const why = `revision ${revision}`;
      for (const deed of deeds) {
        this.#history.push({ personId, who: 'bellhop', why, ...deed });
      }
    }
    return Promise.resolve();
  }

  approve(personId: string, by: string, at: number): Promise<boolean> {
    const record = this.#people.get(personId);
    const after = record === undefined ? undefined : approveHeld(record, at);
    if (after === undefined) return Promise.resolve(false);
    this.#people.set(personId, after);
    const entry = { at, personId, who: by, what: 'approved', why: undefined, result: 'recorded' };
    this.#history.push(entry);
    return Promise.resolve(true);
  }

  history(personId: string, limit: number): Promise<AuditEntry[]> {
    const entries = this.#history.filter((entry) => entry.personId === personId);
    return Promise.resolve(entries.reverse().slice(0, limit));
  }

  purgeHistory(before: number, limit: number): Promise<number> {
    const old = this.#history.slice(0, limit).filter(({ at }) => at < before);
    this.#history = this.#history.filter((entry) => !old.includes(entry));
    return Promise.resolve(old.length);
  }
}
