import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MatrixError } from './errors.ts';
import { messages, redact, sendEvent } from './events.ts';
import type { EventId, MxcUri, RoomAlias, RoomId, UserId } from './ids.ts';
import { logout, whoami } from './login.ts';
import { mediaConfig, uploadMedia } from './media.ts';
import { setAvatarUrl, setDisplayName } from './profile.ts';
import { createRoom, invite, joinedMembers, joinedRooms, joinRoom, resolveAlias } from './rooms.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';
import type { Session } from './session.ts';
import { putState, roomState, roomStateEvent } from './state.ts';
import { versions } from './versions.ts';

const signal = new AbortController().signal;
const room = '!a/b:example.org' as RoomId;
const bot = '@bot:example.org' as UserId;

function sessionTo(answer: ScriptedAnswer): {
  session: Session;
  sent: () => { line: string; body: unknown; token: string | undefined };
} {
  const homeserver = scriptedHomeserver(() => answer);
  const sent = () => {
    const [request] = homeserver.requests;
    if (request === undefined) throw new Error('nothing sent');
    expect(request.signal).toBe(signal);
    return {
      line: `${request.method} ${request.path}`,
      body: typeof request.body === 'string' ? JSON.parse(request.body) : request.body,
      token: request.accessToken,
    };
  };
  return { session: { homeserver, accessToken: 'token', userId: bot, deviceId: 'D' }, sent };
}

interface Case {
  readonly name: string;
  readonly call: (session: Session) => Promise<unknown>;
  readonly answer: unknown;
  readonly line: string;
  readonly body?: unknown;
  readonly result?: unknown;
}

const event = {
  event_id: '$e',
  type: 'm.room.message',
  sender: bot,
  origin_server_ts: 5,
  content: { body: 'x' },
  unsigned: { transaction_id: 't1' },
};
const parsedEvent = {
  eventId: '$e',
  type: 'm.room.message',
  sender: bot,
  stateKey: undefined,
  originServerTs: 5,
  content: { body: 'x' },
  transactionId: 't1',
};

const cases: readonly Case[] = [
  {
    name: 'sendEvent',
    call: async (session) =>
      await sendEvent(session, room, 'm.room.message', 't/1', '{"body":"x"}', signal),
    answer: { event_id: '$e' },
    line: 'PUT /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/send/m.room.message/t%2F1',
    body: { body: 'x' },
    result: '$e',
  },
  {
    name: 'redact',
    call: async (session) => await redact(session, room, '$e' as EventId, 't', 'why', signal),
    answer: { event_id: '$r' },
    line: 'PUT /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/redact/%24e/t',
    body: { reason: 'why' },
    result: '$r',
  },
  {
    name: 'messages, with events it cannot read left out',
    call: async (session) => await messages(session, room, { from: 't&1', limit: 50 }, signal),
    answer: { chunk: [event, { type: 'broken' }, 7], end: 't2' },
    line: 'GET /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/messages?dir=b&limit=50&from=t%261',
    result: { events: [parsedEvent], next: 't2' },
  },
  {
    name: 'messages, at the beginning',
    call: async (session) => await messages(session, room, { limit: 1 }, signal),
    answer: { chunk: [] },
    line: 'GET /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/messages?dir=b&limit=1',
    result: { events: [], next: undefined },
  },
  {
    name: 'joinRoom',
    call: async (session) =>
      await joinRoom(session, '#ops:x.org' as RoomAlias, ['x.org', 'y.org:1'], signal),
    answer: { room_id: '!abc' },
    line: 'POST /_matrix/client/v3/join/%23ops%3Ax.org?via=x.org&server_name=x.org&via=y.org%3A1&server_name=y.org%3A1',
    body: {},
    result: '!abc',
  },
  {
    name: 'joinRoom of a known room',
    call: async (session) => await joinRoom(session, '!abc' as RoomId, [], signal),
    answer: { room_id: '!abc' },
    line: 'POST /_matrix/client/v3/join/!abc',
    body: {},
    result: '!abc',
  },
  {
    name: 'joinedRooms',
    call: async (session) => await joinedRooms(session, signal),
    answer: { joined_rooms: ['!abc', 7, 'x'] },
    line: 'GET /_matrix/client/v3/joined_rooms',
    result: ['!abc'],
  },
  {
    name: 'joinedMembers',
    call: async (session) => await joinedMembers(session, room, signal),
    answer: { joined: { [bot]: {}, nobody: {} } },
    line: 'GET /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/joined_members',
    result: [bot],
  },
  {
    name: 'createRoom',
    call: async (session) =>
      await createRoom(
        session,
        {
          name: 'Ops',
          aliasLocalpart: 'ops',
          preset: 'private_chat',
          invite: [bot],
          initialState: [{ type: 'm.room.topic', stateKey: '', content: { topic: 'x' } }],
        },
        signal,
      ),
    answer: { room_id: '!abc' },
    line: 'POST /_matrix/client/v3/createRoom',
    body: {
      name: 'Ops',
      room_alias_name: 'ops',
      preset: 'private_chat',
      invite: [bot],
      initial_state: [{ type: 'm.room.topic', state_key: '', content: { topic: 'x' } }],
    },
    result: '!abc',
  },
  {
    name: 'invite',
    call: async (session) => await invite(session, room, bot, signal),
    answer: {},
    line: 'POST /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/invite',
    body: { user_id: bot },
  },
  {
    name: 'roomState',
    call: async (session) => await roomState(session, room, 'm.room.encryption', '', signal),
    answer: { algorithm: 'm.megolm.v1.aes-sha2' },
    line: 'GET /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/state/m.room.encryption/',
    result: { algorithm: 'm.megolm.v1.aes-sha2' },
  },
  {
    name: 'roomStateEvent',
    call: async (session) => await roomStateEvent(session, room, 'm.room.name', 'k/1', signal),
    answer: { ...event, type: 'm.room.name', state_key: 'k/1', unsigned: {} },
    line: 'GET /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/state/m.room.name/k%2F1?format=event',
    result: { ...parsedEvent, type: 'm.room.name', stateKey: 'k/1', transactionId: undefined },
  },
  {
    name: 'putState',
    call: async (session) =>
      await putState(session, room, 'm.room.topic', '', { topic: 'x' }, signal),
    answer: { event_id: '$e' },
    line: 'PUT /_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/state/m.room.topic/',
    body: { topic: 'x' },
    result: '$e',
  },
  {
    name: 'setDisplayName',
    call: async (session) => await setDisplayName(session, 'Bellhop', signal),
    answer: {},
    line: 'PUT /_matrix/client/v3/profile/%40bot%3Aexample.org/displayname',
    body: { displayname: 'Bellhop' },
  },
  {
    name: 'setAvatarUrl',
    call: async (session) => await setAvatarUrl(session, 'mxc://x.org/a' as MxcUri, signal),
    answer: {},
    line: 'PUT /_matrix/client/v3/profile/%40bot%3Aexample.org/avatar_url',
    body: { avatar_url: 'mxc://x.org/a' },
  },
  {
    name: 'mediaConfig',
    call: async (session) => await mediaConfig(session, signal),
    answer: { 'm.upload.size': 52_428_800 },
    line: 'GET /_matrix/client/v1/media/config',
    result: { uploadBytesMax: 52_428_800 },
  },
  {
    name: 'uploadMedia',
    call: async (session) =>
      await uploadMedia(
        session,
        { fileName: 'a b.png', contentType: 'image/png', bytes: Uint8Array.of(1, 2) },
        signal,
      ),
    answer: { content_uri: 'mxc://example.org/abc' },
    line: 'POST /_matrix/media/v3/upload?filename=a%20b.png',
    body: Uint8Array.of(1, 2),
    result: 'mxc://example.org/abc',
  },
  {
    name: 'uploadMedia of a file that is read meanwhile',
    call: async (session) => {
      const bytes = { bytes: Readable.from([Uint8Array.of(1), Uint8Array.of(2)]), sizeBytes: 2 };
      return await uploadMedia(session, { contentType: 'image/png', bytes }, signal);
    },
    answer: { content_uri: 'mxc://example.org/abc' },
    line: 'POST /_matrix/media/v3/upload',
    body: Buffer.of(1, 2),
    result: 'mxc://example.org/abc',
  },
  {
    name: 'logout',
    call: async (session) => await logout(session, signal),
    answer: {},
    line: 'POST /_matrix/client/v3/logout',
  },
  {
    name: 'whoami',
    call: async ({ homeserver, accessToken }) => await whoami(homeserver, accessToken, signal),
    answer: { user_id: bot, is_guest: false },
    line: 'GET /_matrix/client/v3/account/whoami',
    result: { userId: bot, deviceId: undefined },
  },
];

describe('a call with a session', () => {
  it.each(cases)('$name sends and reads what the specification says', async (row) => {
    const { session, sent } = sessionTo({ json: row.answer });
    expect(await row.call(session)).toEqual(row.result);
    expect(sent()).toEqual({ line: row.line, body: row.body, token: 'token' });
  });

  it.each(cases.filter(({ result, name }) => result !== undefined && name !== 'mediaConfig'))(
    '$name takes no answer that lacks what it is asked for',
    async ({ call, name }) => {
      const { session } = sessionTo({ json: {} });
      if (name === 'roomState') expect(await call(session)).toEqual({});
      else await expect(call(session)).rejects.toThrow(MatrixError);
    },
  );
});

describe('a call without a session', () => {
  it('versions are those that are texts', async () => {
    const { session, sent } = sessionTo({ json: { versions: ['v1.1', 7] } });
    expect(await versions(session.homeserver, signal)).toEqual(['v1.1']);
    expect(sent()).toEqual({ line: 'GET /_matrix/client/versions' });
  });

  it('an alias leads to a room and its servers', async () => {
    const { session, sent } = sessionTo({ json: { room_id: '!abc', servers: ['x.org', 7] } });
    expect(await resolveAlias(session.homeserver, '#ops:x.org' as RoomAlias, signal)).toEqual({
      roomId: '!abc',
      servers: ['x.org'],
    });
    expect(sent()).toEqual({ line: 'GET /_matrix/client/v3/directory/room/%23ops%3Ax.org' });
  });
});

describe('what is not there', () => {
  const notFound = { status: 404, json: { errcode: 'M_NOT_FOUND', error: 'no such state' } };

  it('is undefined for exactly 404 M_NOT_FOUND', async () => {
    const { session } = sessionTo(notFound);
    expect(await roomState(session, room, 'm.room.encryption', '', signal)).toBeUndefined();
    expect(await roomStateEvent(session, room, 'm.room.name', '', signal)).toBeUndefined();
    expect(
      await resolveAlias(session.homeserver, '#ops:x.org' as RoomAlias, signal),
    ).toBeUndefined();
  });

  it.each<ScriptedAnswer>([
    { status: 404, json: { errcode: 'M_UNRECOGNIZED', error: 'x' } },
    { status: 404, text: '<html>' },
    { status: 404, json: {} },
    { status: 403, json: { errcode: 'M_FORBIDDEN', error: 'x' } },
    { status: 403, json: { errcode: 'M_NOT_FOUND', error: 'x' } },
    { status: 200, text: '<html>' },
    { status: 500, json: { errcode: 'M_NOT_FOUND', error: 'x' } },
  ])('is not concluded from %j', async (answer) => {
    const { session } = sessionTo(answer);
    await expect(roomState(session, room, 'm.room.encryption', '', signal)).rejects.toThrow(
      MatrixError,
    );
  });
});
