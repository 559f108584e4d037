import { describe, expect, it } from 'vitest';
import { localEventId } from '../outbox/local-event-id.ts';
import { DeliveryStage } from './delivery-fixture.contract.ts';

const minuteMs = 60_000;
const delivered = { state: 'delivered' };
const file = { fileName: 'a.txt', contentType: 'text/plain', bytes: Buffer.from('the whole text') };

describe('a message that is late', () => {
  it('says since when it was queued, once, with bytes that were stored before they left', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    await stage.homeserver.goAway();
    const over = { lateAfterMs: 5 * minuteMs };
    const entryId = await stage.accept(room, 'disk full', over);
    await stage.waits(1);
    stage.clock.advance(6 * minuteMs);
    await stage.homeserver.comeBack();
    stage.homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    stage.dispatcher.wake();
    await stage.until(() => stage.said.laneWaits.some((wait) => wait.for === 'backoff'));
    const stored = await stage.store.content(entryId);
    const [event] = stage.homeserver.messages(room);
    expect(JSON.parse(stored ?? '')).toEqual(event?.content);
    stage.clock.advance(60 * minuteMs);
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toHaveLength(1);
    const body = String(stage.bodies(room)[0]);
    expect(body.match(/This message was queued since/g)).toHaveLength(1);
  });

  it('only by the time it leaves says so too', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const over = { lateAfterMs: 5 * minuteMs };
    await stage.accept(room, '1', over);
    const entryId = await stage.accept(room, '2', over);
    const timePasses = ({ operation }: { readonly operation: string }) => {
      if (operation === 'sendMessage') stage.clock.advance(6 * minuteMs);
      return false;
    };
    stage.homeserver.fault(timePasses, { kind: 'stall' });
    await stage.start();
    await stage.settled(entryId);
    const [first, second] = stage.bodies(room);
    expect(first).toBe('1');
    expect(second).toMatch(/^2\n⏰ This message was queued since/);
    expect(await stage.store.content(entryId)).toContain('This message was queued since');
  });

  it('and announces a file says so beside the file', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const over = { lateAfterMs: 5 * minuteMs, attachment: file };
    const entryId = await stage.accept(room, 'see the file', over);
    stage.clock.advance(6 * minuteMs);
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual([expect.stringContaining('This message was queued since')]);
  });

  it('ends as expired when nobody wants it any more, and nothing of it leaves', async () => {
    await using stage = await DeliveryStage.open();
    const room = stage.room();
    const expireAt = stage.clock.now() + minuteMs;
    const expired = await stage.accept(room, '1', { expireAt });
    const wanted = await stage.accept(room, '2', { expireAt: expireAt + 1 });
    stage.clock.advance(minuteMs);
    await stage.start();
    expect(await stage.settled(expired)).toMatchObject({ state: 'expired' });
    expect(await stage.settled(wanted)).toMatchObject(delivered);
    expect(stage.bodies(room)).toEqual(['2']);
  });
});

describe('a file', () => {
  it('is uploaded, named in content that is stored before it leaves, and sent', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const entryId = await stage.accept(room, 'a.txt', { attachment: file });
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    const [medium] = stage.homeserver.media();
    expect(Buffer.from(medium?.bytes ?? []).toString()).toBe('the whole text');
    const [event] = stage.homeserver.messages(room);
    expect(event?.content).toMatchObject({ body: 'a.txt', url: medium?.mxc });
    expect(JSON.parse((await stage.store.content(entryId)) ?? '')).toEqual(event?.content);
  });

  it('larger than the homeserver takes is not uploaded, and the lane goes on', async () => {
    await using stage = await DeliveryStage.started({ homeserver: { uploadBytesMax: 5 } });
    const room = stage.room();
    const view = await stage.deliver(room, 'a.txt', { attachment: file });
    expect(view).toMatchObject({ state: 'dead', reason: 'attachment' });
    expect(view.lastError).toBe('the file has 14 bytes and the homeserver takes 5');
    expect(stage.count('uploadContent')).toBe(0);
    expect(await stage.deliver(room, '2')).toMatchObject(delivered);
  });

  it.each([
    { kind: 'status', status: 413, errcode: 'M_TOO_LARGE' },
    { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' },
    { kind: 'html', status: 413 },
  ] as const)(
    'that is refused with $status ($kind) ends, and the lane goes on',
    async (refusal) => {
      await using stage = await DeliveryStage.started();
      const room = stage.room();
      stage.homeserver.fault('uploadContent', refusal, { times: 1 });
      const view = await stage.deliver(room, 'a.txt', { attachment: file });
      expect(view).toMatchObject({ state: 'dead', reason: 'attachment' });
      expect(await stage.deliver(room, '2')).toMatchObject(delivered);
    },
  );

  it('is uploaded although the homeserver does not know how to say its limit', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const unknown = { kind: 'status', status: 404, errcode: 'M_UNRECOGNIZED' } as const;
    stage.homeserver.fault('getConfigAuthed', unknown);
    expect(await stage.deliver(room, 'a.txt', { attachment: file })).toMatchObject(delivered);
  });

  it('whose upload was cut by a crash is uploaded again and is one event', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const arrived = Promise.withResolvers<void>();
    stage.homeserver.fault(
      ({ operation }) => {
        if (operation !== 'uploadContent') return false;
        arrived.resolve();
        return true;
      },
      { kind: 'stall', processed: true },
      { times: 1 },
    );
    const entryId = await stage.accept(room, 'a.txt', { attachment: file });
    await arrived.promise;
    await stage.crash();
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.homeserver.media()).toHaveLength(2);
    expect(stage.bodies(room)).toEqual(['a.txt']);
  });

  it('that arrived before a crash is not uploaded again', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'stall', processed: true }, { times: 1 });
    const entryId = await stage.accept(room, 'a.txt', { attachment: file });
    await stage.homeserver.whenMessages(room, 1);
    await stage.crash();
    await stage.start();
    expect(await stage.settled(entryId)).toMatchObject(delivered);
    expect(stage.homeserver.media()).toHaveLength(1);
    expect(stage.bodies(room)).toEqual(['a.txt']);
  });
});

describe('a message that names another by its local event id', () => {
  it('names the real event in edits, replies and reactions', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const first = await stage.accept(room, '1');
    const local = localEventId(first);
    const relations = [
      { event_id: local, rel_type: 'm.replace' },
      { 'm.in_reply_to': { event_id: local } },
      { event_id: local, key: '👍', rel_type: 'm.annotation' },
    ];
    const ids: string[] = [];
    for (const relation of relations) {
      const content = JSON.stringify({ body: 'x', 'm.relates_to': relation, msgtype: 'm.text' });
      ids.push(await stage.accept(room, '', { content }));
    }
    for (const id of ids) expect(await stage.settled(id)).toMatchObject(delivered);
    const { eventId } = await stage.settled(first);
    const named = stage.homeserver.messages(room).map(({ content }) => content['m.relates_to']);
    expect(JSON.stringify(named.slice(1))).toBe(
      JSON.stringify(relations).replaceAll(local, String(eventId)),
    );
  });

  it('says in its text what it was given, a local event id too', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const first = await stage.accept(room, '1');
    const body = localEventId(first);
    const texts = [body, localEventId('01ARZ3NDEKTSV4RRFFQ69G5FAV-1'), `"event_id":"${body}"`];
    for (const text of texts) {
      const id = await stage.accept(room, '', {
        content: JSON.stringify({ body: text, msgtype: 'm.text' }),
      });
      expect(await stage.settled(id)).toMatchObject(delivered);
    }
    expect(stage.bodies(room)).toEqual(['1', ...texts]);
  });

  it('redacts the real event', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    const first = await stage.accept(room, '1');
    const content = JSON.stringify({ reason: 'wrong', redacts: localEventId(first) });
    const second = await stage.accept(room, '', { type: 'm.room.redaction', content });
    expect(await stage.settled(second)).toMatchObject(delivered);
    expect(stage.homeserver.messages(room)[0]?.content).toEqual({});
  });

  it('that was never delivered ends as invalid, and the lane goes on', async () => {
    await using stage = await DeliveryStage.started();
    const room = stage.room();
    stage.homeserver.fault('sendMessage', { kind: 'status', status: 400 }, { times: 1 });
    const first = await stage.deliver(room, '1');
    expect(first).toMatchObject({ state: 'dead', reason: 'invalid' });
    const content = JSON.stringify({ redacts: localEventId(first.id) });
    const second = await stage.deliver(room, '', { type: 'm.room.redaction', content });
    expect(second).toMatchObject({ state: 'dead', reason: 'invalid' });
    expect(second.lastError).toBe('it refers to a message that was not delivered');
    expect(await stage.deliver(room, '3')).toMatchObject(delivered);
  });
});
