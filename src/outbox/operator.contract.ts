import { describe, expect, it } from 'vitest';
import type { Outbox } from './outbox.ts';
import {
  claimAll,
  deliver,
  entry,
  kill,
  laneOf,
  type OpenOutbox,
  only,
  submission,
  t0,
  target,
  viewOf,
  wholeFile,
  withOutbox,
} from './outbox-harness.contract.ts';

const fresh = { id: 'r1', txnId: 'txn-r1' };

async function acceptDead(outbox: Outbox, change = {}): Promise<void> {
  await outbox.accept(submission('n1', { key: 'disk', entries: [entry('!ops:x', change)] }));
  await kill(outbox, only(await claimAll(outbox)).seq);
}

/** What every outbox promises to operators and to those who wait. */
export function operatorContract(open: OpenOutbox): void {
  describe('cancelling', () => {
    it(
      'a queued entry is withdrawn, once',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        expect(await outbox.cancel('n1-1', t0 + 1)).toEqual({ ok: true, id: 'n1-1' });
        const refused = { ok: false, problem: 'state', state: 'cancelled' };
        expect(await outbox.cancel('n1-1', t0 + 2)).toEqual(refused);
        expect(await outbox.lanesWithWork()).toEqual([]);
        expect(await viewOf(outbox, 'n1-1')).toMatchObject({ settledAt: t0 + 1 });
      }),
    );

    it(
      'what may be under way, or may have arrived, is not withdrawn',
      withOutbox(open, async (outbox, { restart }) => {
        await outbox.accept(submission('n1'));
        await outbox.accept(submission('n2'));
        await outbox.claim((await laneOf(outbox)).id, 0, target, 1, t0);
        const refused = { ok: false, problem: 'state', state: 'queued' };
        expect(await outbox.cancel('n1-1', t0)).toEqual(refused);
        expect(await outbox.cancel('n2-1', t0)).toEqual({ ok: true, id: 'n2-1' });
        const again = await restart();
        const unknown = { ok: false, problem: 'state', state: 'unknown' };
        expect(await again.cancel('n1-1', t0)).toEqual(unknown);
      }),
    );

    it(
      'what does not exist is not found',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        for (const id of ['', 'n1', 'n1-', 'n1-0', 'n1-2', 'n1-1-1', 'n2-1', 'n1-01', 'n1-1000']) {
          expect(await outbox.cancel(id, t0)).toEqual({ ok: false, problem: 'not_found' });
          const redriven = await outbox.redrive(id, fresh, true, t0);
          expect(redriven).toEqual({ ok: false, problem: 'not_found' });
          expect(await outbox.content(id)).toBeUndefined();
        }
      }),
    );
  });

  describe('redriving', () => {
    it(
      'a copy with a new id and transaction id stands at the lane’s end, with the file',
      withOutbox(open, async (outbox) => {
        const attachment = { fileName: 'f', contentType: 'text/plain', bytes: Uint8Array.of(7) };
        await acceptDead(outbox, { attachment, expireAt: t0 + 1 });
        await outbox.accept(submission('n2'));
        const result = await outbox.redrive('n1-1', fresh, false, t0 + 9);
        expect(result).toEqual({ ok: true, id: 'r1-1' });
        expect(await viewOf(outbox, 'n1-1')).toMatchObject({ state: 'superseded' });
        expect(await viewOf(outbox, 'r1-1')).toMatchObject({ key: 'disk', createdAt: t0 + 9 });
        const [, copy] = await claimAll(outbox);
        expect(copy).toMatchObject({
          id: 'r1-1',
          txnId: 'txn-r1',
          content: Buffer.from(entry().content),
          // It is over, and would end the copy at once.
          expireAt: undefined,
          hasAttachment: true,
        });
        expect(await wholeFile(outbox, copy?.seq ?? 0)).toEqual(attachment);
      }),
    );

    it(
      'a copy starts from the content that was accepted',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        const { seq } = only(await claimAll(outbox));
        await outbox.complete(seq, Buffer.from('{"final":true}'));
        await kill(outbox, seq);
        await outbox.redrive('n1-1', fresh, false, t0);
        const copy = only(await claimAll(outbox));
        expect(copy).toMatchObject({ accepted: undefined, content: Buffer.from(entry().content) });
      }),
    );

    it(
      'what is owed, delivered or superseded is not redriven',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        const refused = (state: string) => ({ ok: false, problem: 'state', state });
        expect(await outbox.redrive('n1-1', fresh, true, t0)).toEqual(refused('queued'));
        const lane = await laneOf(outbox);
        await deliver(outbox, only(await claimAll(outbox)).seq);
        await outbox.release(lane.id, undefined);
        expect(await outbox.redrive('n1-1', fresh, true, t0)).toEqual(refused('delivered'));
        await outbox.accept(submission('n2'));
        await outbox.cancel('n2-1', t0);
        await outbox.redrive('n2-1', fresh, false, t0);
        const again = { id: 'r2', txnId: 'txn-r2' };
        expect(await outbox.redrive('n2-1', again, true, t0)).toEqual(refused('superseded'));
      }),
    );

    it(
      'what may be there already is redriven only by force',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        const { seq } = only(await claimAll(outbox));
        await outbox.settle([{ seq, state: 'dead', reason: 'ambiguous', error: '?', at: t0 }]);
        const refused = { ok: false, problem: 'state', state: 'dead' };
        expect(await outbox.redrive('n1-1', fresh, false, t0)).toEqual(refused);
        expect(await outbox.redrive('n1-1', fresh, true, t0)).toEqual({ ok: true, id: 'r1-1' });
      }),
    );
  });

  describe('listing', () => {
    it(
      'a filter names states, room, source, age and notification, and pages go on after an entry',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1', { entries: [entry('!a'), entry('!b')] }));
        await outbox.accept(submission('n2', { source: 'other', createdAt: t0 + 1 }));
        await deliver(outbox, only(await claimAll(outbox, '!a')).seq);
        const ids = async (filter: object) =>
          (await outbox.entries({ limit: 10, ...filter })).map(({ id }) => id);
        expect(await ids({})).toEqual(['n1-1', 'n1-2', 'n2-1']);
        expect(await ids({ states: ['queued', 'unknown'] })).toEqual(['n1-2', 'n2-1']);
        expect(await ids({ states: ['delivered', 'queued'], room: '!a' })).toEqual(['n1-1']);
        expect(await ids({ states: ['dead'] })).toEqual([]);
        expect(await ids({ states: [] })).toEqual([]);
        expect(await ids({ source: 'other' })).toEqual(['n2-1']);
        expect(await ids({ createdBefore: t0 + 1 })).toEqual(['n1-1', 'n1-2']);
        expect(await ids({ notificationId: 'n1' })).toEqual(['n1-1', 'n1-2']);
        expect(await ids({ notificationId: 'none' })).toEqual([]);
        expect(await ids({ limit: 1 })).toEqual(['n1-1']);
        expect(await ids({ after: 'n1-1' })).toEqual(['n1-2', 'n2-1']);
        expect(await ids({ after: 'n2-1' })).toEqual([]);
        expect(await ids({ limit: 2, newest: true })).toEqual(['n1-2', 'n2-1']);
        expect(await ids({ limit: 1, newest: true, states: ['delivered'] })).toEqual(['n1-1']);
      }),
    );
  });

  describe('purging', () => {
    it(
      'what was settled before its time goes, in steps, and its key with it; the rest stays',
      withOutbox(open, async (outbox) => {
        for (const id of ['n1', 'n2', 'n3', 'n4']) {
          await outbox.accept(submission(id, { idempotency: { key: id, digest: 'd' } }));
        }
        const [one, two, three] = await claimAll(outbox);
        await deliver(outbox, one?.seq ?? 0, t0 + 1);
        await deliver(outbox, two?.seq ?? 0, t0 + 9);
        await kill(outbox, three?.seq ?? 0, t0 + 1);
        const before = { delivered: t0 + 5, other: t0 + 5 };
        expect(await outbox.purge(before, 1)).toBe(1);
        expect(await outbox.purge(before, 10)).toBe(1);
        expect(await outbox.purge(before, 10)).toBe(0);
        const left = await outbox.entries({ limit: 10 });
        expect(left.map(({ id }) => id)).toEqual(['n2-1', 'n4-1']);
        const repeat = submission('n5', { idempotency: { key: 'n1', digest: 'other' } });
        expect(await outbox.accept(repeat)).toMatchObject({ kind: 'accepted' });
        expect((await outbox.entries({ limit: 10, after: 'n3-1' })).map(({ id }) => id)).toEqual([
          'n4-1',
          'n5-1',
        ]);
      }),
    );

    it(
      'a notification keeps its key until its last entry is gone',
      withOutbox(open, async (outbox) => {
        const idempotency = { key: 'k', digest: 'd' };
        const entries = [entry('!a'), entry('!b')];
        await outbox.accept(submission('n1', { idempotency, entries }));
        await deliver(outbox, only(await claimAll(outbox, '!a')).seq);
        expect(await outbox.purge({ delivered: t0 + 1, other: t0 + 1 }, 10)).toBe(1);
        const repeat = submission('n2', { idempotency, entries });
        expect(await outbox.accept(repeat)).toMatchObject({ kind: 'duplicate', id: 'n1' });
      }),
    );
  });

  describe('waiting', () => {
    const never = new AbortController().signal;

    it(
      'who waits learns of the last end',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1', { entries: [entry('!a'), entry('!b')] }));
        const settled = outbox.whenSettled(['n1-1', 'n1-2'], never);
        await deliver(outbox, only(await claimAll(outbox, '!a')).seq);
        await outbox.cancel('n1-2', t0);
        const states = (await settled).map(({ id, state }) => `${id} ${state}`);
        expect(states).toEqual(['n1-1 delivered', 'n1-2 cancelled']);
        const done = await outbox.whenSettled(['n1-1', 'gone-1'], never);
        expect(done.map(({ id }) => id)).toEqual(['n1-1']);
      }),
    );

    it(
      'who waits in vain gets the views as they are',
      withOutbox(open, async (outbox) => {
        await outbox.accept(submission('n1'));
        const stop = new AbortController();
        const waiting = outbox.whenSettled(['n1-1'], stop.signal);
        stop.abort();
        expect(only(await waiting).state).toBe('queued');
        expect(only(await outbox.whenSettled(['n1-1'], stop.signal)).state).toBe('queued');
      }),
    );
  });
}
