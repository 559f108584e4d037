import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { submission } from '../outbox/outbox-harness.contract.ts';
import { takeOwnership } from './owner-lock.ts';
import { migrate, type ShapeGuard } from './sqlite/migrate.ts';
import { migrations } from './sqlite/migrations/migrations.ts';
import { openInlineStore } from './sqlite/open-inline-store.ts';
import { openSpool } from './sqlite/open-spool.ts';
import type { SqliteStoreOptions } from './sqlite/store-options.ts';
import { whileUnowned } from './while-unowned.ts';

const holder = { pid: 4711, host: 'db1', startedAt: 0, command: 'bellhop serve' };
const limits = { queued: 100, queuedPerSource: 100 };

let dir: string;
let options: SqliteStoreOptions;
let guard: ShapeGuard;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-unowned-'));
  const file = join(dir, 'outbox.db');
  options = { file, limits, clock: systemClock };
  guard = whileUnowned(file, () => ({ ...holder, command: 'bellhop send' }));
  const db = new DatabaseSync(file);
  db.exec('pragma journal_mode = wal');
  migrate(db, file, migrations.slice(0, -1));
  db.close();
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function stepsOf(file: string): number {
  const db = new DatabaseSync(file);
  const steps = db.prepare('select number from migration').all().length;
  db.close();
  return steps;
}

it('an older database is left as it is under a running daemon, which is named', () => {
  const ownership = takeOwnership(dir, holder);
  for (const open of [openSpool, openInlineStore]) {
    expect(() => open(options, guard)).toThrow(
      expect.objectContaining({
        code: 'storage_failed',
        detail: expect.stringMatching(/restart it\. .*`bellhop serve`, process 4711 on db1/),
      }),
    );
  }
  expect(stepsOf(options.file)).toBe(migrations.length - 1);
  ownership.release();
});

it('an older database that nobody owns is brought up to date, and is free for the next owner', async () => {
  const spool = openSpool(options, guard);
  expect(await spool.accept(submission('N1'))).toMatchObject({ kind: 'accepted' });
  spool.close();
  expect(stepsOf(options.file)).toBe(migrations.length);
  takeOwnership(dir, holder).release();
});

it('a database of this version takes messages under a running daemon', async () => {
  openSpool(options, guard).close();
  const ownership = takeOwnership(dir, holder);
  const spool = openSpool(options, guard);
  expect(await spool.accept(submission('N1'))).toMatchObject({ kind: 'accepted' });
  spool.close();
  ownership.release();
});
