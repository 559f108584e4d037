import { expect, it } from 'vitest';
import { createRoomDirectory } from '../routing/room-directory.ts';
import { acceptedJson, freshBriefs, stateOf } from './entry-json.ts';

it('says of a notification that was accepted this moment what its briefs say', () => {
  const rooms = createRoomDirectory({
    destinations: [
      {
        name: 'ops "now"',
        room: '!ops:x',
        account: 'main',
        msgtype: 'm.text',
        lateAfterMs: undefined,
        expireAfterMs: undefined,
      },
    ],
    known: [],
    sha256: () => new Uint8Array(32),
    serverNames: [],
  });
  const lanes = [
    { account: 'main', room: '!ops:x' },
    { account: 'main', room: '#gone\\:x' },
  ];
  const ids = ['N-1', 'N-2'];
  const entries = freshBriefs(ids, lanes, rooms);
  const answer = JSON.stringify({ id: 'N', state: stateOf(entries), entries });
  expect(acceptedJson('N', ids, lanes, rooms)).toBe(answer);
});
