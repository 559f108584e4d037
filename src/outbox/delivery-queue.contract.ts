import { describe, expect, it } from 'vitest';
import type { Lane, Postponement } from './outbox.ts';
import {
  acceptMany,
  claimAll,
  claimTwo,
  deliver,
  entry,
  kill,
  laneOf,
  listen,
  noFailures,
  type OpenOutbox,
  only,
  otherTarget,
  submission,
  t0,
  target,
  viewOf,
  wholeFile,
  withOutbox,
} from './outbox-harness.contract.ts';

/** What every outbox promises to delivery. */
export function deliveryQueueContract(open: OpenOutbox): void {
  describe('lanes', () => {
    it(
      'the lanes with work are those that owe something',
      withOutbox(open, async (outbox) => {
        expect(await outbox.lanesWithWork()).toEqual([]);
        for (const room of ['!a', '!b', '!c']) {
          await outbox.accept(submission(`n${room}`, { entries: [entry(room)] }));
        }
        await deliver(outbox, only(await claimAll(outbox, '!b')).seq);
        const rooms = (await outbox.lanesWithWork()).map(({ key }) => key.room);
        expect(rooms.sort()).toEqual(['!a', '!c']);
      }),
    );

    it(
      'a claim hands out entries in order, after a place and up to a limit',
      withOutbox(open, async (outbox) => {
        await acceptMany(outbox, 5);
        const lane = await laneOf(outbox);
        const first = await outbox.claim(lane.id, 0, target, 2, t0);
        const second = await outbox.claim(lane.id, first.at(-1)?.seq ?? 0, target, 16, t0);
        expect(first.map(({ id }) => id)).toEqual(['n1-1', 'n2-1']);
        expect(second.map(({ id }) => id)).toEqual(['n3-1', 'n4-1', 'n5-1']);
        expect(second[0]).toMatchObject({ accepted: undefined, unknown: undefined });
      }),
    );

    it(
      'new work is told after it can be claimed',
      withOutbox(open, async (outbox) => {
        const told = listen(outbox);
        await outbox.accept(submission('n1'));
        const work = { lane: await laneOf(outbox), covered: [], more: true };
        expect(await told.next()).toEqual([work]);
        told.end();
      }),
    );

    it(
      'what a lane waits for is shown until it is claimed again',
      withOutbox(open, async (outbox) => {
        const { lane } = await claimTwo(outbox);
        await outbox.release(lane.id, 'the homeserver is away');
        expect((await viewOf(outbox, 'n1-1'))?.laneWaits).toBe('the homeserver is away');
        await outbox.claim(lane.id, 0, target, 1, t0);
        expect((await viewOf(outbox, 'n1-1'))?.laneWaits).toBeUndefined();
      }),
    );

    it(
      'what a lane waits for is noted without letting it go',
      withOutbox(open, async (outbox, { restart }) => {
        const { lane } = await claimTwo(outbox);
        await outbox.noteWait(lane.id, 'the homeserver is away');
        expect((await viewOf(outbox, 'n1-1'))?.laneWaits).toBe('the homeserver is away');
        const [first] = await claimAll(await restart());
        expect(first?.unknown).toEqual({ since: t0 + 5, target });
      }),
    );
  });

  describe('after kill -9', () => {
    it(
      'what was claimed is unknown since the first claim, with its target; the rest is queued',
      withOutbox(open, async (outbox, { restart }) => {
        await acceptMany(outbox, 3);
        const lane = await laneOf(outbox);
        const [first] = await outbox.claim(lane.id, 0, target, 1, t0 + 1);
        await outbox.claim(lane.id, first?.seq ?? 0, target, 1, t0 + 2);
        const claimed = await claimAll(await restart());
        const unknown = { since: t0 + 1, target };
        expect(claimed.map((each) => each.unknown)).toEqual([unknown, unknown, undefined]);
      }),
    );

    it(
      'what was released is queued, what was settled stays settled',
      withOutbox(open, async (outbox, { restart }) => {
        const { lane, first } = await claimTwo(outbox);
        await deliver(outbox, first.seq);
        await outbox.release(lane.id, undefined);
        const again = await restart();
        expect(only(await claimAll(again)).unknown).toBeUndefined();
        expect(await viewOf(again, 'n1-1')).toMatchObject({
          state: 'delivered',
          eventId: `$event-${first.seq}`,
          settledAt: t0,
          attempts: 1,
        });
        expect(await again.isKnownEvent(`$event-${first.seq}`)).toBe(true);
        expect(await again.isKnownEvent('$other')).toBe(false);
        expect(await again.eventIdOf('n1-1')).toBe(`$event-${first.seq}`);
        expect(await again.eventIdOf('n2-1')).toBeUndefined();
      }),
    );

    it(
      'the final content is the only one',
      withOutbox(open, async (outbox, { restart }) => {
        const { first } = await claimTwo(outbox);
        await outbox.complete(first.seq, Buffer.from('{"final":true}'));
        const again = await restart();
        const [claimed] = await claimAll(again);
        const { type, content } = first;
        const final = { type, content: Buffer.from('{"final":true}'), accepted: { type, content } };
        expect(claimed).toMatchObject({ ...final, sealedFor: undefined });
        expect(await again.content('n1-1')).toBe('{"final":true}');
      }),
    );

    it(
      'an encrypted content keeps for whom it is, and people see what it was',
      withOutbox(open, async (outbox, { restart }) => {
        const { first } = await claimTwo(outbox);
        await outbox.complete(first.seq, Buffer.from('{"ciphertext":"…"}'), target);
        const again = await restart();
        const [claimed] = await claimAll(again);
        expect(claimed).toMatchObject({
          type: 'm.room.encrypted',
          content: Buffer.from('{"ciphertext":"…"}'),
          accepted: { type: first.type, content: first.content },
          sealedFor: target,
        });
        expect(await again.content('n1-1')).toBe(first.content.toString());
      }),
    );
  });

  describe('failed attempts', () => {
    const postponement = (lane: Lane, seq: number, change: object = {}): Postponement => ({
      lane: lane.id,
      seq,
      error: 'HTTP 502',
      failures: noFailures,
      ...change,
    });

    it(
      'a postponed entry keeps its place, its failures and its error; the rest was never attempted',
      withOutbox(open, async (outbox, { restart }) => {
        const { lane, first } = await claimTwo(outbox);
        const failures = { count: 3, since: t0 };
        await outbox.postpone(postponement(lane, first.seq, { failures }));
        const again = await restart();
        const [one, two] = await claimAll(again);
        expect(one).toMatchObject({ id: 'n1-1', unknown: undefined, failures });
        expect(two).toMatchObject({ id: 'n2-1', unknown: undefined, failures: noFailures });
        const view = { attempts: 1, lastError: 'HTTP 502', state: 'queued' };
        expect(await viewOf(again, 'n1-1')).toMatchObject(view);
      }),
    );

    it(
      'an unknown fate stays unknown since the first such attempt at its target',
      withOutbox(open, async (outbox) => {
        const { lane, first } = await claimTwo(outbox);
        for (const since of [t0 + 1, t0 + 2]) {
          await outbox.postpone(postponement(lane, first.seq, { unknown: { since, target } }));
        }
        await outbox.postpone(postponement(lane, first.seq));
        const [same] = await claimAll(outbox);
        expect(same?.unknown).toEqual({ since: t0 + 1, target });
        expect((await viewOf(outbox, 'n1-1'))?.state).toBe('unknown');
        const moved = { since: t0 + 9, target: otherTarget };
        await outbox.postpone(postponement(lane, first.seq, { unknown: moved }));
        expect((await claimAll(outbox))[0]?.unknown).toEqual(moved);
      }),
    );

    it(
      'what was looked for and is not there is unknown only where it goes next',
      withOutbox(open, async (outbox, { restart }) => {
        const { lane, first } = await claimTwo(outbox);
        const unknown = { since: t0 + 1, target };
        await outbox.postpone(postponement(lane, first.seq, { unknown }));
        await outbox.noteAbsent(first.seq, t0 + 9, otherTarget);
        await outbox.claim(lane.id, 0, target, 1, t0 + 20);
        const [again] = await claimAll(await restart());
        expect(again?.unknown).toEqual({ since: t0 + 9, target: otherTarget });
      }),
    );

    it(
      'what was claimed and never let go is unknown to the next who claims it',
      withOutbox(open, async (outbox) => {
        const { lane } = await claimTwo(outbox);
        const [, second] = await outbox.claim(lane.id, 0, target, 16, t0 + 6);
        expect(second?.unknown).toEqual({ since: t0 + 5, target });
        const [again] = await outbox.claim(lane.id, 0, otherTarget, 1, t0 + 7);
        expect(again?.unknown).toEqual({ since: t0 + 5, target });
      }),
    );
  });

  describe('ends', () => {
    it(
      'the first end counts',
      withOutbox(open, async (outbox) => {
        const { first } = await claimTwo(outbox);
        await kill(outbox, first.seq, t0 + 1);
        await deliver(outbox, first.seq, t0 + 2);
        await outbox.settle([{ seq: first.seq, state: 'expired', at: t0 + 3 }]);
        const dead = { state: 'dead', reason: 'refused', lastError: 'M_FORBIDDEN' };
        expect(await viewOf(outbox, 'n1-1')).toMatchObject({ ...dead, settledAt: t0 + 1 });
      }),
    );

    it(
      'a file goes when its entry is delivered, and stays while the entry can be redriven',
      withOutbox(open, async (outbox) => {
        const attachment = { fileName: 'f', contentType: 'text/plain', bytes: Uint8Array.of(1) };
        const entries = [entry('!ops:x', { attachment }), entry('!ops:x', { attachment })];
        await outbox.accept(submission('n1', { entries }));
        const [first, second] = await claimAll(outbox);
        await deliver(outbox, first?.seq ?? 0);
        await kill(outbox, second?.seq ?? 0);
        expect(await outbox.attachment(first?.seq ?? 0)).toBeUndefined();
        expect(await wholeFile(outbox, second?.seq ?? 0)).toEqual(attachment);
      }),
    );

    it(
      'a large file is read in small pieces, as often as it is wanted',
      withOutbox(open, async (outbox) => {
        const bytes = Uint8Array.from({ length: 3_000_001 }, (_, index) => index % 251);
        const attachment = { fileName: 'f', contentType: 'text/plain', bytes };
        const entries = [entry('!ops:x', { attachment })];
        await outbox.accept(submission('n1', { entries }));
        const { seq } = only(await claimAll(outbox));
        const file = await outbox.attachment(seq);
        const sizes: number[] = [];
        for await (const chunk of file?.chunks() ?? []) sizes.push(chunk.byteLength);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000);
        const again = await wholeFile(outbox, seq);
        expect(Buffer.compare(again?.bytes ?? Buffer.of(), bytes)).toBe(0);
      }),
    );

    it(
      'a file without bytes has no pieces',
      withOutbox(open, async (outbox) => {
        const attachment = { fileName: 'f', contentType: 'text/plain', bytes: new Uint8Array() };
        await outbox.accept(submission('n1', { entries: [entry('!ops:x', { attachment })] }));
        const { seq } = only(await claimAll(outbox));
        expect(await wholeFile(outbox, seq)).toEqual(attachment);
      }),
    );

    it(
      'a file that goes while it is read fails its reader',
      withOutbox(open, async (outbox) => {
        const attachment = { fileName: 'f', contentType: '', bytes: new Uint8Array(1_000_000) };
        await outbox.accept(submission('n1', { entries: [entry('!ops:x', { attachment })] }));
        const { seq } = only(await claimAll(outbox));
        const reading = async () => {
          for await (const _ of (await outbox.attachment(seq))?.chunks() ?? []) {
            await deliver(outbox, seq);
          }
        };
        await expect(reading()).rejects.toMatchObject({ code: 'storage_failed' });
      }),
    );
  });
}
