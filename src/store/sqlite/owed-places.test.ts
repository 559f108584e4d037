import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import type { LaneId } from '../../outbox/outbox.ts';
import { entry, submission, t0, target } from '../../outbox/outbox-harness.contract.ts';
import type { Connection } from './connection.ts';
import { type OpenConnection, openConnection } from './open-connection.ts';
import { claim, lanesWithWork, release } from './operations/claim.ts';
import { entries } from './operations/read.ts';
import { runBatch } from './run-batch.ts';

const rooms = ['!a', '!b', '!c'];
const owner = 0;

/** What the owner of the outbox and another process beside it may do between two claims. */
const step = fc.record({
  does: fc.constantFrom('accept', 'accept', 'deliver', 'cancel', 'redrive', 'roll back', 'look'),
  by: fc.nat(1),
  rooms: fc.array(fc.constantFrom(...rooms), { minLength: 1, maxLength: 4 }),
  nth: fc.nat(9),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const dirs: string[] = [];
const opened: OpenConnection[] = [];
afterEach(() => {
  for (const { db } of opened.splice(0)) db.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

/** Two processes' connections to one database, which need not outlive a power failure. */
function openTwo(): readonly [Connection, Connection] {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-owed-'));
  dirs.push(dir);
  const limits = { queued: 100_000, queuedPerSource: 100_000 };
  const walBytesMax = Number.MAX_SAFE_INTEGER;
  const options = { file: join(dir, 'outbox.db'), limits, walBytesMax, pagesMax: undefined };
  const open = () => {
    const one = openConnection(options, systemClock);
    one.db.exec('pragma synchronous = off');
    opened.push(one);
    return one.connection;
  };
  return [open(), open()];
}

let ids = 0;

function run(
  connection: Connection,
  name: Parameters<typeof runBatch>[1][number]['name'],
  ...args: unknown[]
) {
  return runBatch(connection, [{ name, args }]);
}

function nthId(connection: Connection, state: 'queued' | 'cancelled', nth: number) {
  return entries(connection, { states: [state], limit: 100 }).at(nth)?.id;
}

function deliverFirst(connection: Connection, nth: number): void {
  const lane = lanesWithWork(connection).at(nth % rooms.length);
  if (lane === undefined) return;
  const [row] = claim(connection, lane.id, { afterSeq: 0, target, limit: 1, now: t0 });
  if (row !== undefined) run(connection, 'settle', [[row[0], t0, 'delivered', `$${row[0]}`]]);
  release(connection, lane.id, undefined);
}

function take(connections: readonly Connection[], { does, by, rooms: to, nth }: Step): void {
  const id = `n${String(++ids).padStart(6, '0')}`;
  const [first, second] = connections;
  const connection = by === owner ? first : second;
  if (first === undefined || connection === undefined) throw new Error('two are open');
  switch (does) {
    case 'accept':
      run(connection, 'accept', submission(id, { entries: to.map((room) => entry(room)) }));
      return;
    case 'deliver':
      deliverFirst(first, nth);
      return;
    case 'cancel':
      run(connection, 'cancel', nthId(connection, 'queued', nth) ?? '', t0);
      return;
    case 'redrive': {
      const request = { fresh: { id, txnId: id }, force: true, now: t0 };
      run(connection, 'redrive', nthId(connection, 'cancelled', nth) ?? '', request);
      return;
    }
    case 'roll back': {
      const unbindable = entry('!a', { content: {} as string });
      run(connection, 'accept', submission(id, { entries: [entry('!b'), unbindable] }));
      return;
    }
    case 'look':
      lanesWithWork(connection);
  }
}

function claimed(connection: Connection, room: string): string[] {
  const lane = lanesWithWork(connection).find(({ key }) => key.room === room);
  if (lane === undefined) return [];
  const rows = claim(connection, lane.id, { afterSeq: 0, target, limit: 1_000, now: t0 });
  release(connection, lane.id, undefined);
  return rows.map(([, ordinal, notificationId]) => `${notificationId}-${ordinal}`);
}

describe('what is owed', () => {
  it('is claimed whole and in order, whoever wrote it, ended it or failed to write it', () => {
    const connections = openTwo();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        connections[1].db.exec('update entry set state = 4, settled_at = 0 where state < 2');
        for (const one of steps) take(connections, one);
        const [first, second] = connections;
        const owed = entries(second, { states: ['queued'], limit: 1_000 });
        for (const room of rooms) {
          const expected = owed.filter((view) => view.room === room).map(({ id }) => id);
          expect(claimed(first, room)).toEqual(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('stays whole over more deliveries than a list keeps behind it', () => {
    const [connection] = openTwo();
    for (let batch = 0; batch < 30; batch++) {
      const hundred = Array.from({ length: 100 }, () => entry('!a'));
      run(connection, 'accept', submission(`m${batch}`, { entries: hundred }));
    }
    const [lane] = lanesWithWork(connection);
    const delivered: number[] = [];
    for (let turn = 0; turn < 250; turn++) {
      const request = { afterSeq: 0, target, limit: 12, now: t0 };
      const seqs = claim(connection, lane?.id ?? (0 as LaneId), request).map(([seq]) => seq);
      delivered.push(...seqs);
      run(
        connection,
        'settle',
        seqs.map((seq) => [seq, t0, 'delivered', `$${seq}`]),
      );
    }
    expect(delivered).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
    expect(lanesWithWork(connection)).toEqual([]);
  });
});
