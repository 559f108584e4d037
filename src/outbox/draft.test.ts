import { describe, expect, it } from 'vitest';
import { clearContentBytesMax } from '../notification/fit.ts';
import { render } from '../notification/render.ts';
import { type Addressee, draftEvent, draftSubmission, redactionContent } from './draft.ts';

const envelope = {
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  source: 'cluster',
  origin: 'backup',
  key: 'k',
  createdAt: 1000,
};

const addressee = (room: string, more: Partial<Addressee> = {}): Addressee => ({
  account: 'main',
  room,
  msgtype: 'm.text',
  lateAfterMs: undefined,
  expireAfterMs: undefined,
  ...more,
});

const plain = { body: 'disk full', format: 'plain' } as const;

describe('a draft', () => {
  it('has one entry per notification and room, in order, with transaction ids of its own', () => {
    const two = [addressee('#a:x'), addressee('#b:x', { msgtype: 'm.notice' })];
    const drafts = [
      { notification: plain, addressees: two },
      { notification: { ...plain, body: 'again' }, addressees: two.slice(0, 1) },
    ];
    const submission = draftSubmission(envelope, drafts, render);
    expect(submission).toMatchObject({ ...envelope, idempotency: undefined });
    expect(
      submission.entries.map(({ lane, txnId, content }) => [lane.room, txnId, content]),
    ).toEqual([
      ['#a:x', `bh-${envelope.id}-1`, '{"body":"disk full","m.mentions":{},"msgtype":"m.text"}'],
      ['#b:x', `bh-${envelope.id}-2`, '{"body":"disk full","m.mentions":{},"msgtype":"m.notice"}'],
      ['#a:x', `bh-${envelope.id}-3`, '{"body":"again","m.mentions":{},"msgtype":"m.text"}'],
    ]);
  });

  it("carries the room's times", () => {
    const late = addressee('#a:x', { lateAfterMs: 5, expireAfterMs: 60 });
    const [entry] = draftSubmission(
      envelope,
      [{ notification: plain, addressees: [late] }],
      render,
    ).entries;
    expect(entry).toMatchObject({ lateAfterMs: 5, expireAt: 1060 });
  });

  it('sends the whole of a text that was cut after it, in the same lane and thread', () => {
    const notification = { ...plain, body: 'x'.repeat(80_000), thread: '$root' };
    const { entries } = draftSubmission(
      envelope,
      [{ notification, addressees: [addressee('#a:x'), addressee('#b:x')] }],
      render,
    );
    expect(entries.map(({ lane }) => lane.room)).toEqual(['#a:x', '#a:x', '#b:x', '#b:x']);
    const [text, file] = entries;
    expect(Buffer.byteLength(text?.content ?? '')).toBeLessThanOrEqual(clearContentBytesMax);
    expect(JSON.parse(file?.content ?? '')).toMatchObject({
      msgtype: 'm.file',
      info: { size: 80_000 },
      'm.relates_to': { rel_type: 'm.thread', event_id: '$root' },
    });
    expect(file?.attachment?.bytes.length).toBe(80_000);
    expect(new Set(entries.map(({ txnId }) => txnId)).size).toBe(4);
  });

  it('has at most a hundred entries', () => {
    const addressees = Array.from({ length: 101 }, (_, i) => addressee(`#${i}:x`));
    expect(() => draftSubmission(envelope, [{ notification: plain, addressees }], render)).toThrow(
      expect.objectContaining({ code: 'bad_input' }),
    );
  });

  it('of a final event keeps its content byte for byte', () => {
    const event = { type: 'm.reaction', content: '{"x":1}' };
    const { entries } = draftEvent(envelope, event, addressee('#a:x'));
    expect(entries).toMatchObject([{ type: 'm.reaction', content: '{"x":1}' }]);
  });

  it('of a redaction names the event in its content', () => {
    expect(redactionContent('$e')).toBe('{"redacts":"$e"}');
    expect(redactionContent('$e', 'spam')).toBe('{"reason":"spam","redacts":"$e"}');
  });
});
