import { describe, expect, it } from 'vitest';
import type { Lane, Outbox } from './outbox.ts';
import {
  claimAll,
  claimTwo,
  deliver,
  entry,
  listen,
  noFailures,
  type OpenOutbox,
  submission,
  t0,
  target,
  withOutbox,
} from './outbox-harness.contract.ts';

/** What every outbox promises of entries that are accepted while their lane is open. */
export function coveredWorkContract(open: OpenOutbox): void {
  describe('what comes for a lane of which all is claimed', () => {
    it(
      'is handed out as a claim would, with the place before it',
      withOutbox(open, async (outbox) => {
        const { lane, first, second } = await claimTwo(outbox);
        const told = listen(outbox);
        const change = { lateAfterMs: 50, expireAt: t0 + 9, txnId: 'own', type: 'm.reaction' };
        await outbox.accept(submission('n3', { entries: [entry('!ops:x', change)] }));
        const [third] = await outbox.claim(lane.id, second.seq, target, 16, t0 + 6);
        const covered = [{ entry: third, after: second.seq }];
        expect(await told.next()).toEqual([{ lane, covered, more: false }]);
        for (const { seq } of [first, second, third ?? first]) await deliver(outbox, seq);
        await outbox.accept(submission('n4'));
        expect(await told.next()).toMatchObject([{ covered: [{ after: 0 }] }]);
        told.end();
      }),
    );

    it(
      'is unknown after kill -9, since it was there',
      withOutbox(open, async (outbox, { restart }) => {
        const { second } = await claimTwo(outbox);
        const told = listen(outbox);
        await outbox.accept(submission('n3', { createdAt: t0 + 99 }));
        expect(await told.next()).toMatchObject([{ covered: [{ after: second.seq }] }]);
        const claimed = await claimAll(await restart());
        expect(claimed.map(({ unknown }) => unknown?.since)).toEqual([t0 + 5, t0 + 5, t0 + 99]);
      }),
    );

    it(
      'is not cancelled any more',
      withOutbox(open, async (outbox) => {
        const { lane } = await claimTwo(outbox);
        await outbox.accept(submission('n3'));
        const refused = { ok: false, problem: 'state', state: 'queued' };
        expect(await outbox.cancel('n3-1', t0)).toEqual(refused);
        await outbox.release(lane.id, undefined);
        expect(await outbox.cancel('n3-1', t0)).toMatchObject({ ok: true });
      }),
    );

    it(
      'is to be claimed if it is one of several or has a file',
      withOutbox(open, async (outbox) => {
        await claimTwo(outbox);
        const told = listen(outbox);
        const attachment = { fileName: 'f', contentType: '', bytes: Uint8Array.of(1) };
        await outbox.accept(submission('n3', { entries: [entry(), entry()] }));
        expect(await told.next()).toMatchObject([{ covered: [], more: true }]);
        await outbox.accept(submission('n4', { entries: [entry('!ops:x', { attachment })] }));
        expect(await told.next()).toMatchObject([{ covered: [], more: true }]);
        told.end();
      }),
    );

    it(
      'is to be claimed, and can be cancelled, once the lane owes much',
      withOutbox(open, async (outbox) => {
        const { lane, second } = await claimTwo(outbox);
        const told = listen(outbox);
        const covered: boolean[] = [];
        for (let n = 3; n <= 40; n++) {
          await outbox.accept(submission(`n${n}`));
          covered.push((await told.next())?.[0]?.more === false);
        }
        told.end();
        expect(covered.lastIndexOf(true)).toBeLessThan(32);
        expect(covered.indexOf(false)).toBeGreaterThan(16);
        expect(await outbox.cancel('n40-1', t0)).toMatchObject({ ok: true });
        const rest = await outbox.claim(lane.id, second.seq, target, 100, t0);
        expect(rest).toHaveLength(37);
        await outbox.accept(submission('n41'));
        const [first] = rest;
        expect(await outbox.cancel(first?.id ?? '', t0)).toMatchObject({ ok: false });
      }),
    );

    it.each<[string, (outbox: Outbox, lane: Lane, seq: number) => Promise<void>]>([
      ['was let go', async (outbox, lane) => await outbox.release(lane.id, undefined)],
      [
        'was postponed',
        async (outbox, lane, seq) =>
          await outbox.postpone({ lane: lane.id, seq, error: '', failures: noFailures }),
      ],
      [
        'owes more than was claimed',
        async (outbox, lane) => {
          await outbox.release(lane.id, undefined);
          await outbox.claim(lane.id, 0, target, 1, t0);
        },
      ],
    ])('is to be claimed if the lane %s', async (_, change) => {
      await withOutbox(open, async (outbox) => {
        const { lane, first } = await claimTwo(outbox);
        await change(outbox, lane, first.seq);
        const told = listen(outbox);
        await outbox.accept(submission('n3'));
        expect(await told.next()).toEqual([{ lane, covered: [], more: true }]);
        told.end();
      })();
    });
  });
}
