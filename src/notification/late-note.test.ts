import { expect, it } from 'vitest';
import { canonicalBytes } from './canonical-json.ts';
import { formatQueuedSince, lateNoteBytesMax, withLateNote } from './late-note.ts';

const since = formatQueuedSince(Date.UTC(2026, 10, 21, 8, 5, 0));

it('shows the time with its zone', () => {
  expect(since).toBe('2026-11-21 08:05:00 UTC');
});

it('shows even times that no calendar has', () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1e300]) {
    expect(formatQueuedSince(ms)).toContain('UTC');
  }
});

it('adds the words of the RouterOS module to text and HTML', () => {
  expect(
    withLateNote({ msgtype: 'm.text', body: 'up', formatted_body: '<b>up</b>' }, since),
  ).toEqual({
    msgtype: 'm.text',
    body: 'up\n⏰ This message was queued since *2026-11-21 08:05:00 UTC* and may be obsolete.',
    formatted_body:
      '<b>up</b><br/>⏰ This message was queued since <em>2026-11-21 08:05:00 UTC</em> and may be obsolete.',
  });
});

it('adds no HTML where there was none', () => {
  expect(withLateNote({ msgtype: 'm.notice', body: 'up' }, since)).not.toHaveProperty(
    'formatted_body',
  );
});

it('notes an edit in its new content too', () => {
  const edit = {
    msgtype: 'm.text',
    body: '* up',
    'm.new_content': { msgtype: 'm.text', body: 'up' },
  };
  expect(withLateNote(edit, since)).toMatchObject({
    body: expect.stringContaining('⏰'),
    'm.new_content': { body: expect.stringContaining('⏰') },
  });
});

it.each([
  { msgtype: 'm.file', body: 'log.txt' },
  { redacts: '$event' },
  { msgtype: 'm.text', body: 5 },
  { msgtype: 'm.image', 'm.new_content': 'x' },
])('leaves other contents alone: %j', (content) => {
  expect(withLateNote(content, since)).toEqual(content);
});

it('adds at most the bytes it announces', () => {
  const words = { msgtype: 'm.text', body: '', formatted_body: '' };
  const edit = { ...words, 'm.new_content': words };
  const added = canonicalBytes(withLateNote(edit, 'x'.repeat(40))) - canonicalBytes(edit);
  expect(added).toBeLessThanOrEqual(lateNoteBytesMax);
});
