import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { entry, submission, t0, target } from '../../outbox/outbox-harness.contract.ts';
import type { Connection } from './connection.ts';
import { openConnection } from './open-connection.ts';
import { openInlineStore } from './open-inline-store.ts';
import { type Call, type Reply, runBatch } from './run-batch.ts';
import { databaseOptions } from './store-options.ts';
import { storedSubmission } from './stored-submission.ts';
import { openTempStore, type TempStore } from './temp-store.contract.ts';

let temp: TempStore;
let db: DatabaseSync;
let connection: Connection;

async function open(change: { readonly pagesMax?: number } = {}): Promise<void> {
  temp = await openTempStore(openInlineStore, change);
  ({ db, connection } = openConnection(databaseOptions(temp.options), systemClock));
}

beforeEach(async () => await open());
afterEach(async () => {
  db.close();
  await temp.close();
});

const accepting = (id: string, content?: string): Call => {
  const entries = [content === undefined ? entry() : entry('!ops:x', { content })];
  return { name: 'accept', args: [storedSubmission(submission(id, { entries }))] };
};
const failing: Call = {
  name: 'accept',
  args: [storedSubmission(submission('bad', { origin: {} as string }))],
};
const counting: Call = { name: 'counts', args: [] };
const lanes: Call = { name: 'lanesWithWork', args: [] };

function outcomes(replies: readonly Reply[]): string[] {
  return replies.map((reply) => ('failure' in reply ? reply.failure.code : 'done'));
}

describe('a call that fails', () => {
  it('leaves its neighbours an outbox as if it had not been there', () => {
    const replies = runBatch(connection, [accepting('n1'), failing, accepting('n2')]);
    expect(outcomes(replies)).toEqual(['done', 'bug', 'done']);
    const [owing, counted] = runBatch(connection, [lanes, counting]);
    expect(owing).toMatchObject({ value: [{ key: { room: '!ops:x' } }] });
    expect(counted).toMatchObject({
      value: { entries: [{ source: 'cluster', state: 'queued', count: 2 }] },
    });
  });

  it('makes nothing unknown that was claimed beside it', () => {
    const [accepted] = runBatch(connection, [accepting('n1')]);
    expect(accepted).toMatchObject({ value: { kind: 'accepted' } });
    const request = { afterSeq: 0, target, limit: 16, now: t0 };
    runBatch(connection, [{ name: 'claim', args: [1, request] }, failing]);
    const [listed] = runBatch(connection, [{ name: 'entries', args: [{ limit: 10 }] }]);
    expect(listed).toMatchObject({ value: [{ id: 'n1-1', state: 'queued' }] });
  });
});

describe('what fails the database', () => {
  it('is waited for once, and fails all that write while others read', () => {
    db.exec('pragma busy_timeout = 0');
    const other = new DatabaseSync(temp.options.file);
    other.exec('begin immediate');
    const begin = vi.spyOn(connection, 'begin');
    const calls = [accepting('n1'), counting, accepting('n2'), accepting('n3')];
    const failed = 'storage_failed';
    expect(outcomes(runBatch(connection, calls))).toEqual([failed, 'done', failed, failed]);
    expect(begin).toHaveBeenCalledTimes(1);
    other.exec('rollback');
    other.close();
    expect(outcomes(runBatch(connection, calls))).toEqual(['done', 'done', 'done', 'done']);
  });

  it('is waited for once also where a neighbour failed before', () => {
    db.exec('pragma busy_timeout = 0');
    const other = new DatabaseSync(temp.options.file);
    const { begin } = connection;
    const begun = vi.spyOn(connection, 'begin').mockImplementation(() => {
      if (begun.mock.calls.length === 2) other.exec('begin immediate');
      begin.call(connection);
    });
    const calls = [failing, accepting('n1'), counting, accepting('n2')];
    const failed = 'storage_failed';
    expect(outcomes(runBatch(connection, calls))).toEqual([failed, failed, 'done', failed]);
    expect(begun).toHaveBeenCalledTimes(2);
    other.close();
  });

  it('is a full disk too, which is not tried again for each', async () => {
    await temp.close();
    db.close();
    await open({ pagesMax: 60 });
    const begin = vi.spyOn(connection, 'begin');
    const calls = [accepting('n1', 'x'.repeat(200_000)), counting, accepting('n2')];
    const full = 'storage_full';
    expect(outcomes(runBatch(connection, calls))).toEqual([full, 'done', full]);
    expect(begin).toHaveBeenCalledTimes(1);
  });
});
