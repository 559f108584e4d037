import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { openInlineStore } from './open-inline-store.ts';
import { openReadOnlyStore } from './open-read-only-store.ts';

let file = '';
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'bellhop-read-only-')), 'outbox.db');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true }));

const limits = { queued: 10, queuedPerSource: 10 };
const submission = {
  id: '01J00000000000000000000000',
  source: 'test',
  createdAt: 1,
  entries: [
    { lane: { account: 'a', room: '!r' }, txnId: 't', type: 'm.room.message', content: '{}' },
  ],
};

it('sees what another connection has written, while that is open', async () => {
  const owner = openInlineStore({ file, limits, clock: systemClock });
  await owner.accept(submission);
  const reader = openReadOnlyStore(file, systemClock);
  expect(await reader?.entries({ limit: 10 })).toMatchObject([{ state: 'queued', room: '!r' }]);
  await reader?.close();
  await owner.close();
});

it('makes no database', () => {
  expect(openReadOnlyStore(file, systemClock)).toBeUndefined();
});

it('refuses a database of another version', async () => {
  await openInlineStore({ file, limits, clock: systemClock }).close();
  const db = new DatabaseSync(file);
  db.exec('delete from migration');
  expect(() => openReadOnlyStore(file, systemClock)).toThrow(/older version/);
  db.exec("insert into migration values (1, 'something else', 'x')");
  expect(() => openReadOnlyStore(file, systemClock)).toThrow(/not the one this version knows/);
  db.exec('drop table migration');
  db.close();
  expect(() => openReadOnlyStore(file, systemClock)).toThrow(/not a database of Bellhop/);
});
