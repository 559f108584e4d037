import { describe, expect, it } from 'vitest';
import { localEventId } from './local-event-id.ts';
import type { NewEntry } from './outbox.ts';
import {
  claimAll,
  entry,
  laneOf,
  lateAt,
  lateSubmission,
  type OpenOutbox,
  only,
  t0,
  target,
  withOutbox,
} from './outbox-harness.contract.ts';

/** What a claim makes of entries that waited too long. */
export function lateEntriesContract(open: OpenOutbox): void {
  describe('what is late', () => {
    it(
      'says so when it is claimed, in bytes that stay, beside those that were accepted',
      withOutbox(open, async (outbox, { restart }) => {
        await outbox.accept(lateSubmission('n1'));
        const first = only(await claimAll(outbox, '!ops:x', lateAt));
        const since = '⏰ This message was queued since *2023-11-14 22:13:20 UTC*';
        expect(JSON.parse(first.content.toString())).toEqual({
          body: `disk full\n${since} and may be obsolete.`,
          msgtype: 'm.text',
        });
        expect(first.accepted?.content.toString()).toBe(entry().content);
        expect(first.unknown).toBeUndefined();
        const again = await restart();
        expect(await again.content('n1-1')).toBe(first.content.toString());
        const repeated = only(await claimAll(again, '!ops:x', lateAt + 60_000));
        expect(repeated.content.toString()).toBe(first.content.toString());
      }),
    );

    it(
      'by less than its time leaves as it was accepted',
      withOutbox(open, async (outbox) => {
        await outbox.accept(lateSubmission('n1'));
        expect(only(await claimAll(outbox, '!ops:x', lateAt - 1)).accepted).toBeUndefined();
      }),
    );

    it(
      'and may have been attempted keeps its bytes',
      withOutbox(open, async (outbox, { restart }) => {
        await outbox.accept(lateSubmission('n1'));
        await outbox.claim((await laneOf(outbox)).id, 0, target, 1, t0);
        const claimed = only(await claimAll(await restart(), '!ops:x', lateAt));
        expect(claimed.content.toString()).toBe(entry().content);
        expect(claimed.accepted).toBeUndefined();
      }),
    );

    it(
      'and was completed already keeps its bytes',
      withOutbox(open, async (outbox) => {
        await outbox.accept(lateSubmission('n1'));
        const { seq } = only(await claimAll(outbox));
        await outbox.complete(seq, Buffer.from('{"final":true}'));
        await outbox.release((await laneOf(outbox)).id, undefined);
        const claimed = only(await claimAll(outbox, '!ops:x', lateAt));
        expect(claimed.content.toString()).toBe('{"final":true}');
      }),
    );

    const attachment = { fileName: 'a.txt', contentType: 'text/plain', bytes: Buffer.from('a') };
    const relation = { event_id: localEventId('01ARZ3NDEKTSV4RRFFQ69G5FAV-1') };
    it.each<[string, Partial<NewEntry>]>([
      ['has expired', { expireAt: lateAt }],
      ['has a file', { attachment }],
      ['names a local event id', { content: JSON.stringify({ 'm.relates_to': relation }) }],
    ])('and %s is left as it was accepted', async (_, change) => {
      await withOutbox(open, async (outbox) => {
        await outbox.accept(lateSubmission('n1', change));
        expect(only(await claimAll(outbox, '!ops:x', lateAt)).accepted).toBeUndefined();
      })();
    });
  });
}
