import fc from 'fast-check';
import { expect, it } from 'vitest';
import { followRoom, keepEncrypted, newsOf } from './follow-room.ts';
import { readSync } from './sync-answer.ts';

const roomId = '!room:example.org';
const megolm = '{"algorithm":"m.megolm.v1.aes-sha2"}';
const before = { encryption: megolm, historyVisibility: 'shared' } as const;

function member(userId: string, membership: unknown) {
  return { type: 'm.room.member', state_key: userId, content: { membership } };
}

/** What a sync answer says of the room. */
function changesOf(room: object, section = 'join') {
  const [changes] = readSync(
    JSON.stringify({ next_batch: 's', rooms: { [section]: { [roomId]: room } } }),
  ).rooms;
  if (changes === undefined) throw new Error('The answer has no room.');
  return changes;
}

it('of a timeline that was cut short, the state before it counts first', () => {
  const changes = changesOf({
    state: { events: [member('@a:x', 'leave'), member('@b:x', 'join')] },
    timeline: { limited: true, events: [member('@a:x', 'join'), member('@b:x', 'ban')] },
  });
  const { members } = followRoom(before, changes.events);
  expect([...members]).toEqual([
    ['@a:x', 'joined'],
    ['@b:x', undefined],
  ]);
});

it.each([
  ['join', 'joined'],
  ['invite', 'invited'],
  ['leave', undefined],
  ['ban', undefined],
  ['knock', undefined],
  [7, undefined],
])('a membership of %j makes a user %j', (membership, presence) => {
  const changes = changesOf({ timeline: { events: [member('@a:x', membership)] } });
  expect(followRoom(before, changes.events).members.get('@a:x')).toBe(presence);
});

it('settings follow the room', () => {
  const encryption = { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 5 };
  const changes = changesOf({
    timeline: {
      events: [
        { type: 'm.room.encryption', state_key: '', content: encryption },
        {
          type: 'm.room.history_visibility',
          state_key: '',
          content: { history_visibility: 'joined' },
        },
      ],
    },
  });
  expect(followRoom(before, changes.events).setting).toEqual({
    encryption: JSON.stringify(encryption),
    historyVisibility: 'joined',
  });
});

it('no state event takes the encryption away, nor says a visibility that there is not', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (encryption, visibility) => {
      const changes = changesOf({
        timeline: {
          events: [
            { type: 'm.room.encryption', state_key: '', content: { algorithm: encryption } },
            { type: 'm.room.encryption', state_key: '', content: encryption },
            {
              type: 'm.room.history_visibility',
              state_key: '',
              content: { history_visibility: visibility },
            },
          ],
        },
      });
      const { setting } = followRoom(before, changes.events);
      expect(setting.encryption).toContain('m.megolm.v1.aes-sha2');
      expect(['invited', 'joined', 'shared', 'world_readable']).toContain(
        setting.historyVisibility,
      );
    }),
  );
  expect(keepEncrypted(undefined, '{}')).toBe('{}');
});

it('only state counts: a message of the type of a state event is none', () => {
  const changes = changesOf({
    timeline: {
      events: [
        { type: 'm.room.encryption', content: {} },
        { type: 'm.room.tombstone', state_key: 'other', content: {} },
      ],
    },
  });
  expect(newsOf(changes)).toEqual({ roomId, encrypted: false, replaced: false, left: false });
});

it('news are what delivery must know', () => {
  const state = (type: string) => ({ type, state_key: '', content: {} });
  expect(newsOf(changesOf({ state: { events: [state('m.room.encryption')] } }))).toMatchObject({
    encrypted: true,
  });
  expect(newsOf(changesOf({ timeline: { events: [state('m.room.tombstone')] } }))).toMatchObject({
    replaced: true,
  });
  expect(newsOf(changesOf({}, 'leave'))).toMatchObject({ left: true });
  // Who is asked in again is not in the room now.
  expect(newsOf(changesOf({}, 'invite'))).toMatchObject({ left: true });
});
