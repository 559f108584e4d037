import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../errors.ts';

/** Runs a change of a database's shape, or refuses it. */
export type ShapeGuard = (change: () => void) => void;

/** One step of the schema. */
export interface Migration {
  /** 1, 2, 3 …, without gaps. */
  readonly number: number;
  /** What it brings, as one would say it. */
  readonly name: string;
  readonly sql: string;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/**
 * Brings a database to the newest step, each step in a transaction of its own. A database that holds something is
 * first copied to `FILE.before-NNNN`, where NNNN is the first step it lacks; that and the steps are `guard`'s to run.
 * @throws Failure storage_failed when it was made by a newer version, or a step was changed after it was applied.
 */
export function migrate(
  db: DatabaseSync,
  file: string,
  steps: readonly Migration[],
  guard: ShapeGuard = (change) => change(),
): void {
  const applied = readApplied(db, file);
  refuseStrangers(applied, steps, file);
  const missing = steps.slice(applied.length);
  const [next] = missing;
  if (next === undefined) return;
  const change = () => {
    if (applied.length > 0) keepCopy(db, `${file}.before-${String(next.number).padStart(4, '0')}`);
    for (const step of missing) apply(db, file, step, steps);
  };
  if (applied.length === 0) change();
  else guard(change);
}

/**
 * Refuses a database that `migrate` would change.
 * @throws Failure storage_failed
 */
export function requireSteps(db: DatabaseSync, file: string, steps: readonly Migration[]): void {
  const applied = readApplied(db, file);
  refuseStrangers(applied, steps, file);
  if (applied.length === steps.length) return;
  const detail = `${file} was made by an older version; the next \`bellhop serve\` brings it up to date.`;
  throw new Failure('storage_failed', { detail });
}

/** Tells whether a step's text is still what it was when it was applied (FNV-1a, 32 bits: against accidents only). */
export function checksum(sql: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < sql.length; i++) hash = Math.imul(hash ^ sql.charCodeAt(i), 0x01000193);
  return `${sql.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

function apply(db: DatabaseSync, file: string, step: Migration, steps: readonly Migration[]): void {
  db.exec('begin immediate');
  try {
    // Another process may have been faster.
    const applied = readApplied(db, file);
    refuseStrangers(applied, steps, file);
    if (applied.length < step.number) {
      db.exec(`create table if not exists migration (
        number integer primary key, name text not null, checksum text not null)`);
      db.exec(step.sql);
      db.prepare('insert into migration values (?, ?, ?)').run(
        step.number,
        step.name,
        checksum(step.sql),
      );
    }
    db.exec('commit');
  } catch (cause) {
    if (db.isTransaction) db.exec('rollback');
    throw cause;
  }
}

function readApplied(db: DatabaseSync, file: string): Applied[] {
  const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
  if (tables.length === 0) return [];
  if (!tables.some((table) => table['name'] === 'migration')) {
    throw new Failure('storage_failed', { detail: `${file} is not a database of Bellhop.` });
  }
  const rows = db.prepare('select number, name, checksum from migration order by number').all();
  return rows as unknown as Applied[];
}

function refuseStrangers(applied: readonly Applied[], steps: readonly Migration[], file: string) {
  for (const [index, { number, name, checksum: stored }] of applied.entries()) {
    const step = steps[index];
    if (step === undefined) {
      const detail = `${file} was made by a newer version: it has step ${number}, "${name}".`;
      throw new Failure('storage_failed', { detail });
    }
    if (step.number !== number || stored !== checksum(step.sql)) {
      const detail = `Step ${number}, "${name}", of ${file} is not the one this version knows.`;
      throw new Failure('storage_failed', { detail });
    }
  }
}

function keepCopy(db: DatabaseSync, path: string): void {
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  closeSync(openSync(unfinished, 'wx', 0o600));
  try {
    db.prepare('vacuum into ?').run(unfinished);
    renameSync(unfinished, path);
  } catch (cause) {
    // A disk that is full of a part of a copy stays full.
    for (const end of ['', '-journal']) rmSync(`${unfinished}${end}`, { force: true });
    throw cause;
  }
}
