import { expect, it } from 'vitest';
import type { EntryState } from '../../outbox/entry.ts';
import { reportEntries } from './report-entries.ts';

const message = { id: 'ID', room: 'ops' };

it.each<[EntryState[], 'delivered' | 'accepted' | 'kept' | 'dead', string | undefined]>([
  [['delivered'], 'delivered', undefined],
  [['queued'], 'kept', undefined],
  [['unknown'], 'kept', undefined],
  [['dead'], 'dead', 'It is dead (unknown).'],
  [['expired'], 'dead', 'It expired before it could be delivered.'],
  [['cancelled'], 'dead', 'It was cancelled before it was sent.'],
  [['superseded'], 'accepted', 'An operator sent it again under another id.'],
  [['delivered', 'queued'], 'kept', undefined],
  [['queued', 'expired'], 'dead', 'It expired before it could be delivered.'],
  [['superseded', 'queued'], 'kept', undefined],
  [['delivered', 'superseded'], 'accepted', 'An operator sent it again under another id.'],
])('a message whose entries are %s is %s', (states, state, error) => {
  const entries = states.map((one) => ({ state: one }));
  const report = reportEntries(message, entries, 'kept');
  expect([report.id, report.room, report.state, report.error]).toEqual(['ID', 'ops', state, error]);
});

it('a delivered message has the id of its first event', () => {
  const entries = ['$one', '$two'].map((eventId) => ({ state: 'delivered' as const, eventId }));
  expect(reportEntries(message, entries, 'accepted')).toMatchObject({ event_id: '$one' });
});

it('why it is dead is told as a sentence, with what the homeserver said', () => {
  const refused = { state: 'dead', reason: 'refused', lastError: 'M_FORBIDDEN' } as const;
  expect(reportEntries(message, [refused], 'accepted').error).toMatch(
    /^The homeserver refuses this account .*\(M_FORBIDDEN\)$/,
  );
});

it('what it waits for is told as long as it is owed', () => {
  const waiting = { state: 'queued', laneWaits: 'its room', lastError: 'away' } as const;
  expect(reportEntries(message, [waiting], 'kept').error).toBe('its room');
});
