import { Failure } from '../../../errors.ts';
import { approveHeld } from '../../../people/ledger/approve-held.ts';
import { isVoid, mergeChange } from '../../../people/ledger/merge-change.ts';
import { mergeResult } from '../../../people/ledger/merge-result.ts';
import type { LifecycleChange } from '../../../people/lifecycle-change.ts';
import type { AuditEntry, PeoplePage, PersonResult } from '../../../people/people-ledger.ts';
import type { PersonProgress, PersonRecord, PersonWish } from '../../../people/person-record.ts';
import type { Connection } from '../connection.ts';
import { failureOf } from '../store-failure.ts';

/**
 * More than a homeserver carries. Each round reads all of them, at some 2 kB each: a caller that makes up names must fill
 * neither the memory nor the disk.
 */
const peopleMax = 100_000;
/** What the port promises as a page's greatest length. */
const pageMax = 10_000;

interface PersonRow {
  readonly wish: string;
  readonly progress: string;
}

interface HistoryRow {
  readonly at: number;
  readonly person_id: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | null;
  readonly result: string;
}

/**
 * Writes a change down.
 * @throws Failure storage_busy, storage_full, storage_failed or people_full, before anything is written.
 */
export function recordChange(connection: Connection, change: LifecycleChange): PersonRecord {
  refuseBeyondBounds(connection, [change]);
  return merge(connection, change);
}

/**
 * Writes changes down in their order.
 * @throws Failure storage_busy, storage_full, storage_failed or people_full, before anything is written.
 */
export function recordChanges(connection: Connection, changes: readonly LifecycleChange[]): void {
  refuseBeyondBounds(connection, changes);
  for (const change of changes) merge(connection, change);
}

function merge(connection: Connection, change: LifecycleChange): PersonRecord {
  const before = person(connection, change.personId);
  const after = mergeChange(before, change);
  write(connection, after);
  const { personId, at, source: who, kind: what, why } = change;
  const result = isVoid(before, change) ? 'void: revoked before' : 'recorded';
  note(connection, { at, personId, who, what, why, result });
  return after;
}

export function person({ statements }: Connection, personId: string): PersonRecord | undefined {
  const row = statements.get<PersonRow>(
    'select wish, progress from person where person_id = ?',
    personId,
  );
  return row === undefined ? undefined : toRecord(row);
}

/** A page of people. */
export function people(
  { statements }: Connection,
  { after = '', limit, state }: PeoplePage,
): PersonRecord[] {
  const count = Math.min(Math.max(limit, 1), pageMax);
  const rows =
    state === undefined
      ? statements.all<PersonRow>(
          'select wish, progress from person where person_id > ? order by person_id limit ?',
          after,
          count,
        )
      : statements.all<PersonRow>(
          `select wish, progress from person where state = ? and person_id > ?
           order by person_id limit ?`,
          state,
          after,
          count,
        );
  return rows.map(toRecord);
}

/** Keeps what became of people's changes. */
export function recordPeopleResults(
  connection: Connection,
  results: readonly PersonResult[],
): void {
  for (const result of results) {
    const { personId, revision, deeds } = result;
    const record = person(connection, personId);
    if (record === undefined) continue;
    write(connection, mergeResult(record, result));
    const why = `revision ${revision}`;
    for (const deed of deeds) {
      note(connection, { personId, who: 'bellhop', why, ...deed });
    }
  }
}

/** Lets a held revocation go on; false: none is held. */
export function approvePerson(
  connection: Connection,
  personId: string,
  by: string,
  at: number,
): boolean {
  const record = person(connection, personId);
  const after = record === undefined ? undefined : approveHeld(record, at);
  if (after === undefined) return false;
  write(connection, after);
  const entry = { at, personId, who: by, what: 'approved', why: undefined, result: 'recorded' };
  note(connection, entry);
  return true;
}

/** A person's lines of the audit log, newest first. */
export function personHistory(
  { statements }: Connection,
  personId: string,
  limit: number,
): AuditEntry[] {
  return statements
    .all<HistoryRow>(
      `select at, person_id, who, what, why, result from person_history
       where person_id = ? order by seq desc limit ?`,
      personId,
      Math.min(Math.max(limit, 1), pageMax),
    )
    .map(({ person_id, why, ...row }) => ({ ...row, personId: person_id, why: why ?? undefined }));
}

/** Deletes the oldest lines of the audit log, of `limit` those from before `before`; how many. */
export function purgePersonHistory(
  { statements }: Connection,
  before: number,
  limit: number,
): number {
  return statements.run(
    `delete from person_history where at < ? and seq in
       (select seq from person_history order by seq limit ?)`,
    before,
    limit,
  );
}

function refuseBeyondBounds(connection: Connection, changes: readonly LifecycleChange[]): void {
  if (connection.refusesNew !== undefined) throw failureOf(connection.refusesNew);
  const { statements } = connection;
  const ids = new Set(changes.map(({ personId }) => personId));
  const strangers = [...ids].filter((id) => !isKnown(connection, id)).length;
  if (strangers === 0) return;
  const row = statements.get<{ count: number | null }>('select max(seq) count from person');
  if ((row?.count ?? 0) + strangers <= peopleMax) return;
  throw new Failure('people_full', { detail: `At most ${peopleMax} people are kept.` });
}

function isKnown({ statements }: Connection, personId: string): boolean {
  return statements.get('select 1 from person where person_id = ?', personId) !== undefined;
}

function write({ statements }: Connection, { wish, progress }: PersonRecord): void {
  statements.run(
    `insert into person (person_id, state, wish, progress) values (?, ?, ?, ?)
     on conflict (person_id) do update
       set state = excluded.state, wish = excluded.wish, progress = excluded.progress`,
    wish.personId,
    progress.state,
    JSON.stringify(wish),
    JSON.stringify(progress),
  );
}

function note({ statements }: Connection, entry: AuditEntry): void {
  statements.run(
    'insert into person_history (at, person_id, who, what, why, result) values (?, ?, ?, ?, ?, ?)',
    entry.at,
    entry.personId,
    entry.who,
    entry.what,
    entry.why ?? null,
    entry.result,
  );
}

function toRecord(row: PersonRow): PersonRecord {
  const wish = JSON.parse(row.wish) as PersonWish;
  return {
    wish: { ...olderWish(wish), ...wish },
    progress: JSON.parse(row.progress) as PersonProgress,
  };
}

/** What the wishes that were written down before it was told apart lack: their last change counts as a decision. */
const olderWish = ({ source, revision }: PersonWish): Partial<PersonWish> => ({
  decidedBy: source,
  standingRevision: revision,
});
