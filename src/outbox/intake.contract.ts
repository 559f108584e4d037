import { describe, expect, it } from 'vitest';
import type { Acceptance } from './outbox.ts';
import {
  claimAll,
  deliver,
  entry,
  type OpenOutbox,
  only,
  submission,
  t0,
  viewOf,
  wholeFile,
  withOutbox,
} from './outbox-harness.contract.ts';

const windowMs = 300_000;

const accepted = (id: string): Acceptance => ({ kind: 'accepted', id, entryIds: [`${id}-1`] });
const duplicate = (id: string): Acceptance => ({ kind: 'duplicate', id, entryIds: [`${id}-1`] });

/** What every outbox promises to those who submit. */
export function intakeContract(open: OpenOutbox): void {
  describe('accepting', () => {
    it(
      'what is accepted is there, whole, after kill -9',
      withOutbox(open, async (outbox, { restart }) => {
        const bytes = Uint8Array.of(0, 1, 255);
        const attachment = { fileName: 'log.txt', contentType: 'text/plain', bytes };
        const entries = [
          entry('!a', { lateAfterMs: 5, expireAt: t0 + 9, attachment }),
          entry('#b:x', { txnId: 'txn-b', content: '{"body":"\\u0000é💥"}' }),
        ];
        const origin = 'backup-db';
        const taken = submission('n1', { origin, key: 'disk', entries });
        expect(await outbox.accept(taken)).toEqual({
          kind: 'accepted',
          id: 'n1',
          entryIds: ['n1-1', 'n1-2'],
        });
        const again = await restart();
        const [first, second] = await again.entries({ limit: 10 });
        expect(first).toEqual({
          id: 'n1-1',
          notificationId: 'n1',
          source: 'cluster',
          origin: 'backup-db',
          account: 'main',
          room: '!a',
          type: 'm.room.message',
          txnId: 'txn-!a',
          key: 'disk',
          state: 'queued',
          reason: undefined,
          eventId: undefined,
          createdAt: t0,
          settledAt: undefined,
          attempts: 0,
          lastError: undefined,
          laneWaits: undefined,
          contentBytes: 39,
        });
        expect(second).toMatchObject({ id: 'n1-2', room: '#b:x', txnId: 'txn-b' });
        expect(second?.contentBytes).toBe(Buffer.byteLength('{"body":"\\u0000é💥"}'));
        expect(await again.content('n1-2')).toBe('{"body":"\\u0000é💥"}');
        const claimed = only(await claimAll(again, '!a'));
        expect(claimed).toMatchObject({ lateAfterMs: 5, expireAt: t0 + 9, hasAttachment: true });
        expect(await wholeFile(again, claimed.seq)).toEqual({ ...attachment, bytes });
      }),
    );

    it(
      'a submission that cannot be written whole is not written at all',
      withOutbox(open, async (outbox) => {
        const unstorable = Symbol('no text') as unknown as string;
        const entries = [entry('!a'), entry('!b', { content: unstorable })];
        await expect(outbox.accept(submission('n1', { entries }))).rejects.toThrow();
        expect(await outbox.entries({ limit: 10 })).toEqual([]);
        expect((await outbox.counts()).entries).toEqual([]);
      }),
    );

    it(
      'the same submission again is a duplicate',
      withOutbox(open, async (outbox) => {
        expect(await outbox.accept(submission('n1'))).toEqual(accepted('n1'));
        expect(await outbox.accept(submission('n1'))).toEqual(duplicate('n1'));
        expect(await outbox.entries({ limit: 10 })).toHaveLength(1);
      }),
    );

    it(
      'submissions accepted one after the other keep their order in the lane',
      withOutbox(open, async (outbox) => {
        for (const id of ['n3', 'n1', 'n2']) await outbox.accept(submission(id));
        const claimed = await claimAll(outbox);
        expect(claimed.map(({ id }) => id)).toEqual(['n3-1', 'n1-1', 'n2-1']);
      }),
    );

    it(
      'more than the limits is refused whole, and taken as soon as something is settled',
      withOutbox(
        open,
        async (outbox) => {
          await outbox.accept(submission('n1', { entries: [entry(), entry()] }));
          const ofSource = outbox.accept(submission('n2'));
          await expect(ofSource).rejects.toMatchObject({ code: 'queue_full' });
          const ofAll = submission('n3', { source: 'other', entries: [entry(), entry()] });
          await expect(outbox.accept(ofAll)).rejects.toMatchObject({ code: 'queue_full' });
          await outbox.accept(submission('n4', { source: 'other' }));
          const [first] = await claimAll(outbox);
          await deliver(outbox, first?.seq ?? 0);
          expect(await outbox.accept(submission('n5'))).toEqual(accepted('n5'));
        },
        { queued: 3, queuedPerSource: 2 },
      ),
    );
  });

  describe('repeats', () => {
    const keyed = (id: string, digest: string, change: object = {}) =>
      submission(id, { idempotency: { key: 'k', digest }, ...change });
    const windowed = (id: string, digest: string, createdAt: number) =>
      submission(id, { idempotency: { key: 'k', digest, windowMs }, createdAt });

    it(
      'the same key and body is the first one, also after kill -9 and after delivery',
      withOutbox(open, async (outbox, { restart }) => {
        await outbox.accept(keyed('n1', 'd1'));
        expect(await outbox.accept(keyed('n2', 'd1'))).toEqual(duplicate('n1'));
        await deliver(outbox, only(await claimAll(outbox)).seq);
        const again = await restart();
        const later = keyed('n3', 'd1', { createdAt: t0 + 10 * windowMs });
        expect(await again.accept(later)).toEqual(duplicate('n1'));
      }),
    );

    it(
      'the same key with another body is a conflict, and nothing is written',
      withOutbox(open, async (outbox) => {
        await outbox.accept(keyed('n1', 'd1'));
        expect(await outbox.accept(keyed('n2', 'd2'))).toEqual({ kind: 'conflict', id: 'n1' });
        expect(await viewOf(outbox, 'n2-1')).toBeUndefined();
      }),
    );

    it(
      'a key belongs to its source',
      withOutbox(open, async (outbox) => {
        await outbox.accept(keyed('n1', 'd1'));
        expect(await outbox.accept(keyed('n2', 'd2', { source: 'o' }))).toEqual(accepted('n2'));
      }),
    );

    it(
      'repeats that race each other are written once',
      withOutbox(open, async (outbox) => {
        const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
        const kinds = await Promise.all(ids.map((id) => outbox.accept(keyed(id, 'd1'))));
        expect(kinds.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
        expect(await outbox.entries({ limit: 100 })).toHaveLength(1);
      }),
    );

    it(
      'a key with a window counts within it; after it the key is the new one’s',
      withOutbox(open, async (outbox) => {
        await outbox.accept(windowed('n1', 'd1', t0));
        const inside = windowed('n2', 'd1', t0 + windowMs - 1);
        expect(await outbox.accept(inside)).toEqual(duplicate('n1'));
        expect(await outbox.accept(windowed('n3', 'd1', t0 + windowMs))).toEqual(accepted('n3'));
        const insideNew = windowed('n4', 'd1', t0 + 2 * windowMs - 1);
        expect(await outbox.accept(insideNew)).toEqual(duplicate('n3'));
      }),
    );

    it(
      'a clock that was set far back swallows nothing',
      withOutbox(open, async (outbox) => {
        await outbox.accept(windowed('n1', 'd1', t0));
        expect(await outbox.accept(windowed('n2', 'd1', t0 - windowMs))).toEqual(accepted('n2'));
      }),
    );

    it(
      'another body under a key with a window is another message, and each has its own repeats',
      withOutbox(open, async (outbox) => {
        await outbox.accept(windowed('n1', 'd1', t0));
        expect(await outbox.accept(windowed('n2', 'd2', t0))).toEqual(accepted('n2'));
        expect(await outbox.accept(windowed('n3', 'd1', t0))).toEqual(duplicate('n1'));
        expect(await outbox.accept(windowed('n4', 'd2', t0))).toEqual(duplicate('n2'));
      }),
    );
  });
}
