import { describe, expect, it } from 'vitest';
import { roomVersions } from './capabilities.ts';
import { fullState } from './full-state.ts';
import type { RoomAlias, RoomId, UserId } from './ids.ts';
import { logInLasting } from './log-in-lasting.ts';
import { banUser, kickUser, parseMembership, unbanUser } from './membership.ts';
import { deleteAlias, putAlias } from './room-aliases.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';
import { parseToken } from './token.ts';

const userId = '@a:example.org' as UserId;
const roomId = '!r' as RoomId;
const alias = '#x:example.org' as RoomAlias;
const signal = new AbortController().signal;

function answering(answer: ScriptedAnswer) {
  const homeserver = scriptedHomeserver(() => answer);
  const session = { homeserver, accessToken: 't', userId, deviceId: 'D' };
  const sent = () =>
    homeserver.requests.map(({ method, path, body }) => `${method} ${path} ${String(body ?? '')}`);
  return { session, sent };
}

describe('the whole state of a room', () => {
  const event = { type: 't', state_key: 'k', sender: userId, content: { a: 1 } };

  it('is read as the list that it is', async () => {
    const { session } = answering({ json: [event, { type: 'no state' }, 7] });
    expect(await fullState(session, roomId, signal)).toEqual([
      { type: 't', stateKey: 'k', sender: userId, content: { a: 1 } },
    ]);
  });

  it.each([403, 404])('is undefined where it is not shown: %s', async (status) => {
    const { session } = answering({ json: { errcode: 'M_FORBIDDEN' }, status });
    expect(await fullState(session, roomId, signal)).toBeUndefined();
  });

  it.each([
    [
      { json: { errcode: 'M_UNKNOWN_TOKEN' }, status: 401 },
      { status: 401, errcode: 'M_UNKNOWN_TOKEN' },
    ],
    [
      { text: '<html>', status: 502 },
      { status: 502, json: false },
    ],
    [{ json: {} }, { status: 200, json: false }],
  ])('is an error where it is neither', async (answer, error) => {
    await expect(fullState(answering(answer).session, roomId, signal)).rejects.toMatchObject(error);
  });
});

it('room versions are the default and those that are offered', async () => {
  const versions = { default: '12', available: { 11: 'stable', 12: 'stable' } };
  const { session } = answering({ json: { capabilities: { 'm.room_versions': versions } } });
  expect(await roomVersions(session, signal)).toEqual({
    default: '12',
    available: new Map([
      ['11', 'stable'],
      ['12', 'stable'],
    ]),
  });
  const silent = answering({ json: { capabilities: {} } });
  expect(await roomVersions(silent.session, signal)).toMatchObject({ default: undefined });
});

it('memberships and aliases are changed in the words of the specification', async () => {
  const { session, sent } = answering({ json: {} });
  await kickUser(session, roomId, { userId, reason: 'why' }, signal);
  await banUser(session, roomId, { userId }, signal);
  await unbanUser(session, roomId, userId, signal);
  await putAlias(session, alias, roomId, signal);
  await deleteAlias(session, alias, signal);
  expect(sent()).toEqual([
    'POST /_matrix/client/v3/rooms/!r/kick {"user_id":"@a:example.org","reason":"why"}',
    'POST /_matrix/client/v3/rooms/!r/ban {"user_id":"@a:example.org"}',
    'POST /_matrix/client/v3/rooms/!r/unban {"user_id":"@a:example.org"}',
    'PUT /_matrix/client/v3/directory/room/%23x%3Aexample.org {"room_id":"!r"}',
    'DELETE /_matrix/client/v3/directory/room/%23x%3Aexample.org ',
  ]);
  const gone = answering({ json: { errcode: 'M_NOT_FOUND' }, status: 404 });
  await expect(deleteAlias(gone.session, alias, signal)).resolves.toBeUndefined();
});

it('a lasting login asks for no refresh token', async () => {
  const { session, sent } = answering({ json: { access_token: 'long' } });
  const login = { user: userId, password: 'p' };
  expect(await logInLasting(session.homeserver, login, signal)).toBe('long');
  expect(sent()[0]).not.toContain('refresh_token');
});

it('what is no membership or token is not taken for one', () => {
  expect([parseMembership('ban'), parseMembership('banned')]).toEqual(['ban', undefined]);
  expect([parseToken('syt_x'), parseToken(''), parseToken('a b'), parseToken('ä')]).toEqual([
    'syt_x',
    undefined,
    undefined,
    undefined,
  ]);
});
