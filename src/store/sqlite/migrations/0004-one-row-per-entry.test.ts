import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../clock.ts';
import type { EntryState } from '../../../outbox/entry.ts';
import {
  claimAll,
  entry,
  only,
  submission,
  t0,
  viewOf,
  wholeFile,
} from '../../../outbox/outbox-harness.contract.ts';
import { hashText } from '../hash-text.ts';
import { migrate } from '../migrate.ts';
import { openInlineStore } from '../open-inline-store.ts';
import type { SqliteStore } from '../sqlite-store.ts';
import { stateCodes } from '../state-codes.ts';
import { migrations } from './migrations.ts';

const emoji = '{"body":"🔴 déjà vu"}';
const limits = { queued: 100, queuedPerSource: 100 };

/** A notification as the steps before stored it, the states of its entries, and which of them are purged. */
interface Stored {
  readonly id: string;
  readonly states: readonly (EntryState | 'purged')[];
  readonly values?: Readonly<Record<string, SQLInputValue>>;
  readonly entry?: Readonly<Record<string, SQLInputValue>>;
  readonly content?: Readonly<Record<string, SQLInputValue>>;
}

const allStates: readonly Stored[] = [
  { id: 'N1', states: ['queued', 'unknown', 'delivered', 'dead', 'cancelled', 'expired'] },
  { id: 'N2', states: ['purged', 'superseded', 'purged'], values: keyed('kboth', 'both') },
  { id: 'N3', states: ['queued'], values: keyed('wday early', 'day') },
  { id: 'N4', states: ['dead'], entry: { has_attachment: 1, last_error: 'no', attempts: 3 } },
  { id: 'N5', states: ['queued'], entry: { type: 'm.reaction', txn_id: 'bh-X' } },
  { id: 'N6', states: ['queued'], content: { final: '{"body":"🔴 final"}' } },
];

function keyed(idempotency: string, digest: string) {
  return { idempotency, idempotency_hash: hashText(idempotency), digest };
}

let dir: string;
let file: string;
let store: SqliteStore | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-migration-'));
  file = join(dir, 'outbox.db');
});
afterEach(async () => {
  await store?.close();
  store = undefined;
  rmSync(dir, { recursive: true });
});

function write(db: DatabaseSync, table: string, row: Readonly<Record<string, SQLInputValue>>) {
  const names = Object.keys(row);
  const marks = names.map(() => '?').join();
  db.prepare(`insert into ${table} (${names.join()}) values (${marks})`).run(...Object.values(row));
}

function writeNotification(db: DatabaseSync, seq: number, stored: Stored) {
  const { id, states } = stored;
  const common = {
    source_id: 1,
    created_at: t0,
    entries: states.length,
    origin: 'web',
    key: 'ref',
  };
  write(db, 'notification', { seq, id, ...common, ...stored.values });
  for (const [index, state] of states.entries()) {
    if (state === 'purged') continue;
    const place = { seq: seq + index, ordinal: index + 1, lane_id: 1, source_id: 1 };
    const usual = { has_attachment: 0, txn_id: `bh-${id}-${index + 1}`, type: 'm.room.message' };
    const code = stateCodes[state];
    const ended = code < 2 ? {} : { settled_at: t0, event_id: state === 'delivered' ? '$e' : null };
    write(db, 'entry', { ...place, state: code, ...usual, ...ended, ...stored.entry });
    write(db, 'content', { seq: seq + index, accepted: emoji, ...stored.content });
    db.prepare(
      'insert into tally values (1, ?, 1) on conflict do update set count = count + 1',
    ).run(code);
  }
}

/** A store on what was written by steps 1 to 3. */
function migrated(notifications: readonly Stored[]): SqliteStore {
  const db = new DatabaseSync(file);
  migrate(db, file, migrations.slice(0, 3));
  db.exec(
    "insert into source values (1, 'cluster'); insert into lane (lane_id, account, room) values (1, 'main', '!a')",
  );
  let seq = 1;
  for (const stored of notifications) {
    writeNotification(db, seq, stored);
    seq += stored.states.length;
  }
  db.prepare('update sequence set next_seq = ?').run(seq);
  db.close();
  store = openInlineStore({ file, limits, clock: systemClock });
  return store;
}

describe('the step to one row per entry', () => {
  it('keeps every entry in its state, and a copy of the database as it was', async () => {
    const views = await migrated(allStates).entries({ limit: 100 });
    expect(views.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'N1-1 queued',
      'N1-2 unknown',
      'N1-3 delivered',
      'N1-4 dead',
      'N1-5 cancelled',
      'N1-6 expired',
      'N2-2 superseded',
      'N3-1 queued',
      'N4-1 dead',
      'N5-1 queued',
      'N6-1 queued',
    ]);
    for (const view of views) {
      expect(view).toMatchObject({ source: 'cluster', origin: 'web', key: 'ref', createdAt: t0 });
    }
    expect(existsSync(`${file}.before-0004`)).toBe(true);
  });

  it('keeps ids, transaction ids, types, ends and counts', async () => {
    const outbox = migrated(allStates);
    expect(await viewOf(outbox, 'N1-3')).toMatchObject({
      notificationId: 'N1',
      type: 'm.room.message',
      txnId: 'bh-N1-3',
      eventId: '$e',
      settledAt: t0,
    });
    expect(await viewOf(outbox, 'N5-1')).toMatchObject({ type: 'm.reaction', txnId: 'bh-X' });
    expect(await viewOf(outbox, 'N4-1')).toMatchObject({ attempts: 3, lastError: 'no' });
    expect(await outbox.isKnownEvent('$e')).toBe(true);
    expect(await outbox.eventIdOf('N1-3')).toBe('$e');
    const { entries, oldestPendingAt } = await outbox.counts();
    expect(entries.find(({ state }) => state === 'queued')?.count).toBe(4);
    expect(oldestPendingAt).toBe(t0);
    const ofOne = await outbox.entries({ notificationId: 'N2', limit: 10 });
    expect(ofOne.map(({ id }) => id)).toEqual(['N2-2']);
  });

  it('keeps contents, which are bytes from then on', async () => {
    const outbox = migrated(allStates);
    expect(await outbox.content('N1-1')).toBe(emoji);
    expect(await outbox.content('N6-1')).toBe('{"body":"🔴 final"}');
    expect(await viewOf(outbox, 'N1-1')).toMatchObject({ contentBytes: Buffer.byteLength(emoji) });
    const claimed = await claimAll(outbox, '!a');
    expect(claimed.map(({ id, content }) => `${id} ${String(content)}`)).toEqual([
      `N1-1 ${emoji}`,
      `N1-2 ${emoji}`,
      `N3-1 ${emoji}`,
      `N5-1 ${emoji}`,
      'N6-1 {"body":"🔴 final"}',
    ]);
    expect(String(claimed.at(-1)?.accepted?.content)).toBe(emoji);
    const db = new DatabaseSync(file, { readOnly: true });
    const types = db.prepare('select distinct typeof(accepted) t from content').all();
    db.close();
    expect(types).toEqual([{ t: 'blob' }]);
  });

  it('keeps idempotency keys, also of what is purged in part', async () => {
    const outbox = migrated(allStates);
    const repeat = (digest: string) => submission('N7', { idempotency: { key: 'both', digest } });
    expect(await outbox.accept(repeat('both'))).toEqual({
      kind: 'duplicate',
      id: 'N2',
      entryIds: ['N2-1', 'N2-2', 'N2-3'],
    });
    expect(await outbox.accept(repeat('other'))).toMatchObject({ kind: 'conflict', id: 'N2' });
    const windowed = (createdAt: number) =>
      submission('N8', { createdAt, idempotency: { key: 'early', digest: 'day', windowMs: 10 } });
    expect(await outbox.accept(windowed(t0 + 9))).toMatchObject({ kind: 'duplicate', id: 'N3' });
    expect(await outbox.accept(windowed(t0 + 10))).toMatchObject({ kind: 'accepted' });
    const same = submission('N2', { entries: [entry('!a'), entry('!b'), entry('!c')] });
    expect(await outbox.accept(same)).toMatchObject({ kind: 'duplicate' });
    expect(await outbox.purge({ delivered: t0 + 1, other: t0 + 1 }, 100)).toBe(6);
    expect(await outbox.accept(repeat('other'))).toMatchObject({ kind: 'accepted' });
  });

  it('leaves what can be redriven redrivable, with its file', async () => {
    const outbox = migrated([
      { id: 'N1', states: ['queued', 'dead'], entry: { has_attachment: 1 } },
    ]);
    const db = new DatabaseSync(file);
    db.exec(`insert into attachment values (2, 2, 'a.txt', 'text/plain', 3);
      insert into file_chunk values (2, 0, x'616263')`);
    db.close();
    const fresh = { id: 'N9', txnId: 'bh-N9-1' };
    expect(await outbox.redrive('N1-2', fresh, false, t0)).toEqual({ ok: true, id: 'N9-1' });
    const copy = only((await claimAll(outbox, '!a')).filter(({ id }) => id === 'N9-1'));
    expect(copy).toMatchObject({ txnId: 'bh-N9-1', type: 'm.room.message', hasAttachment: true });
    expect(await wholeFile(outbox, copy.seq)).toMatchObject({ fileName: 'a.txt' });
    expect((await viewOf(outbox, 'N1-2'))?.state).toBe('superseded');
  });
});
