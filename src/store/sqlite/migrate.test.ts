import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checksum, type Migration, migrate } from './migrate.ts';
import { migrations } from './migrations/migrations.ts';

const first: Migration = { number: 1, name: 'letters', sql: 'create table letter (text text)' };
const second: Migration = {
  number: 2,
  name: 'stamps',
  sql: 'alter table letter add column stamp text',
};
const broken: Migration = { number: 2, name: 'nothing', sql: 'create table a (b); select from' };
const refused = (detail: string) =>
  expect.objectContaining({ code: 'storage_failed', detail: expect.stringContaining(detail) });

let dir: string;
let file: string;
let db: DatabaseSync;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-migrate-'));
  file = join(dir, 'outbox.db');
  db = new DatabaseSync(file);
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true });
});

describe('migrations', () => {
  it('never change once they are released', () => {
    const released = migrations.map(({ number, sql }) => `${number} ${checksum(sql)}`);
    expect(released).toMatchInlineSnapshot(`
      [
        "1 2406-82345c59",
        "2 416-a2b57f32",
        "3 92-3d76c891",
        "4 2156-33ec112b",
      ]
    `);
  });

  it('are numbered without gaps', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('are applied once, to a new database without a copy', () => {
    migrate(db, file, [first, second]);
    migrate(db, file, [first, second]);
    expect(existsSync(`${file}.before-0001`)).toBe(false);
    db.exec("insert into letter values ('a', 'b')");
  });

  it('leave a copy of a database that holds something', () => {
    migrate(db, file, [first]);
    db.exec("insert into letter values ('kept')");
    migrate(db, file, [first, second]);
    const path = `${file}.before-0002`;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const copy = new DatabaseSync(path);
    expect(copy.prepare('select * from letter').all()).toEqual([{ text: 'kept' }]);
    copy.close();
  });

  it('leave no part of a copy that could not be made', () => {
    migrate(db, file, [first]);
    mkdirSync(`${file}.before-0002`);
    expect(() => migrate(db, file, [first, second])).toThrow();
    expect(readdirSync(dirname(file)).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('leave everything as it was when one fails', () => {
    migrate(db, file, [first]);
    expect(() => migrate(db, file, [first, broken])).toThrow();
    migrate(db, file, [first, second]);
  });

  it('refuse a database of a newer version', () => {
    migrate(db, file, [first, second]);
    expect(() => migrate(db, file, [first])).toThrow(refused('newer version: it has step 2'));
  });

  it('refuse a database whose steps were other ones', () => {
    migrate(db, file, [first]);
    const changed = { ...first, sql: `${first.sql} ` };
    expect(() => migrate(db, file, [changed])).toThrow(refused('Step 1, "letters"'));
  });

  it('refuse a database of another program', () => {
    db.exec('create table cookie (a)');
    expect(() => migrate(db, file, [first])).toThrow(refused('not a database of Bellhop'));
  });
});
