import { describe, expect, it } from 'vitest';
import type { RoomId, UserId } from '../ids.ts';
import { type ScriptedAnswer, scriptedHomeserver } from '../scripted-homeserver.contract.ts';
import type { Session } from '../session.ts';
import { deactivateUser, suspendUser } from './account-state.ts';
import { findUserByExternalId } from './auth-providers.ts';
import { deleteDevices, listDevices } from './devices.ts';
import { loginAs } from './login-as.ts';
import { isRateLimitLifted, liftRateLimit } from './rate-limit.ts';
import { redactionStatus, redactUser } from './redaction.ts';
import {
  adminRoomState,
  forceJoin,
  joinedRoomsOf,
  makeRoomAdmin,
  membershipsOf,
  roomDetails,
  roomMembers,
} from './rooms.ts';
import { countUserMedia, deleteUserMedia } from './user-media.ts';
import { listUsers, putUser, readUser } from './users.ts';

const user = '@a/b:example.org' as UserId;
const room = '!room:example.org' as RoomId;
const signal = new AbortController().signal;
const base = '/_synapse/admin';
const u = '%40a%2Fb%3Aexample.org';
const r = '!room%3Aexample.org';

interface Case {
  readonly call: (session: Session) => Promise<unknown>;
  readonly answer: object;
  readonly request: string;
  readonly body?: object;
  readonly result: unknown;
}

const account = {
  userId: user,
  displayName: 'A',
  admin: true,
  deactivated: false,
  erased: false,
  locked: true,
  suspended: false,
  shadowBanned: false,
  userType: 'bot',
  externalIds: [{ provider: 'oidc-kc', externalId: 'x' }],
};
const accountJson = {
  name: user,
  displayname: 'A',
  admin: 1,
  locked: true,
  user_type: 'bot',
  external_ids: [{ auth_provider: 'oidc-kc', external_id: 'x' }],
};

const cases: Readonly<Record<string, Case>> = {
  readUser: {
    call: (session) => readUser(session, user, signal),
    answer: accountJson,
    request: `GET ${base}/v2/users/${u}`,
    result: account,
  },
  putUser: {
    call: (session) =>
      putUser(
        session,
        user,
        { password: 'p', logoutDevices: false, externalIds: account.externalIds },
        signal,
      ),
    answer: accountJson,
    request: `PUT ${base}/v2/users/${u}`,
    body: { password: 'p', logout_devices: false, external_ids: accountJson.external_ids },
    result: account,
  },
  listUsers: {
    call: (session) =>
      listUsers(session, { from: '100', limit: 50, deactivated: false, name: 'a b' }, signal),
    answer: { users: [{ name: user, admin: false }, { name: 1 }], next_token: '150', total: 9 },
    request: `GET ${base}/v3/users?limit=50&locked=true&from=100&deactivated=false&name=a%20b`,
    result: {
      users: [
        { userId: user, displayName: undefined, admin: false, deactivated: false, locked: false },
      ],
      next: '150',
    },
  },
  deactivateUser: {
    call: (session) => deactivateUser(session, user, { erase: true }, signal),
    answer: {},
    request: `POST ${base}/v1/deactivate/${u}`,
    body: { erase: true },
    result: undefined,
  },
  suspendUser: {
    call: (session) => suspendUser(session, user, true, signal),
    answer: {},
    request: `PUT ${base}/v1/suspend/${u}`,
    body: { suspend: true },
    result: undefined,
  },
  listDevices: {
    call: (session) => listDevices(session, user, signal),
    answer: { devices: [{ device_id: 'D' }, {}], total: 2 },
    request: `GET ${base}/v2/users/${u}/devices`,
    result: ['D'],
  },
  deleteDevices: {
    call: (session) => deleteDevices(session, user, ['D'], signal),
    answer: {},
    request: `POST ${base}/v2/users/${u}/delete_devices`,
    body: { devices: ['D'] },
    result: undefined,
  },
  loginAs: {
    call: (session) => loginAs(session, user, 5, signal),
    answer: { access_token: 'lent' },
    request: `POST ${base}/v1/users/${u}/login`,
    body: { valid_until_ms: 5 },
    result: 'lent',
  },
  isRateLimitLifted: {
    call: (session) => isRateLimitLifted(session, user, signal),
    answer: {},
    request: `GET ${base}/v1/users/${u}/override_ratelimit`,
    result: false,
  },
  liftRateLimit: {
    call: (session) => liftRateLimit(session, user, signal),
    answer: {},
    request: `POST ${base}/v1/users/${u}/override_ratelimit`,
    body: { messages_per_second: 0, burst_count: 0 },
    result: undefined,
  },
  findUserByExternalId: {
    call: (session) => findUserByExternalId(session, 'oidc-kc', 'a/b', signal),
    answer: { user_id: user },
    request: `GET ${base}/v1/auth_providers/oidc-kc/users/a%2Fb`,
    result: user,
  },
  roomDetails: {
    call: (session) => roomDetails(session, room, signal),
    answer: { creator: user, version: '11', joined_local_members: 2 },
    request: `GET ${base}/v1/rooms/${r}`,
    result: { creator: user, version: '11', joinedLocalMembers: 2 },
  },
  adminRoomState: {
    call: (session) => adminRoomState(session, room, signal),
    answer: { state: [{ type: 't', state_key: '', sender: user, content: { a: 1 } }, {}] },
    request: `GET ${base}/v1/rooms/${r}/state`,
    result: [{ type: 't', stateKey: '', sender: user, content: { a: 1 } }],
  },
  roomMembers: {
    call: (session) => roomMembers(session, room, signal),
    answer: { members: [user], total: 1 },
    request: `GET ${base}/v1/rooms/${r}/members`,
    result: [user],
  },
  forceJoin: {
    call: (session) => forceJoin(session, room, user, signal),
    answer: { room_id: room },
    request: `POST ${base}/v1/join/${r}`,
    body: { user_id: user },
    result: undefined,
  },
  makeRoomAdmin: {
    call: (session) => makeRoomAdmin(session, room, user, signal),
    answer: {},
    request: `POST ${base}/v1/rooms/${r}/make_room_admin`,
    body: { user_id: user },
    result: undefined,
  },
  joinedRoomsOf: {
    call: (session) => joinedRoomsOf(session, user, signal),
    answer: { joined_rooms: [room, 1], total: 1 },
    request: `GET ${base}/v1/users/${u}/joined_rooms`,
    result: [room],
  },
  membershipsOf: {
    call: (session) => membershipsOf(session, user, signal),
    answer: { memberships: { [room]: 'ban', nonsense: 'join' } },
    request: `GET ${base}/v1/users/${u}/memberships`,
    result: new Map([[room, 'ban']]),
  },
  redactUser: {
    call: (session) => redactUser(session, user, { rooms: [room], reason: 'r' }, signal),
    answer: { redact_id: 'R' },
    request: `POST ${base}/v1/user/${u}/redact`,
    body: { rooms: [room], reason: 'r' },
    result: 'R',
  },
  redactionStatus: {
    call: (session) => redactionStatus(session, 'R', signal),
    answer: { status: 'complete', failed_redactions: { $e: 'no' } },
    request: `GET ${base}/v1/user/redact_status/R`,
    result: { status: 'complete', failed: 1 },
  },
  countUserMedia: {
    call: (session) => countUserMedia(session, user, signal),
    answer: { media: [], total: 3 },
    request: `GET ${base}/v1/users/${u}/media?limit=1`,
    result: 3,
  },
  deleteUserMedia: {
    call: (session) => deleteUserMedia(session, user, signal),
    answer: { deleted_media: ['m'], total: 1 },
    request: `DELETE ${base}/v1/users/${u}/media`,
    result: 1,
  },
};

function answering(answer: ScriptedAnswer) {
  const homeserver = scriptedHomeserver(() => answer);
  const session = { homeserver, accessToken: 't', userId: user, deviceId: 'D' };
  return { homeserver, session };
}

describe.each(Object.entries(cases))('%s', (_, { call, answer, request, body, result }) => {
  it('asks Synapse in its words and reads its answer', async () => {
    const { homeserver, session } = answering({ json: answer });
    expect(await call(session)).toEqual(result);
    const [sent] = homeserver.requests;
    expect(`${sent?.method} ${sent?.path}`).toBe(request);
    expect(sent?.accessToken).toBe('t');
    expect(sent?.body === undefined ? undefined : JSON.parse(String(sent.body))).toEqual(body);
  });
});

it.each([
  ['readUser', (session: Session) => readUser(session, user, signal)],
  ['roomDetails', (session: Session) => roomDetails(session, room, signal)],
  ['adminRoomState', (session: Session) => adminRoomState(session, room, signal)],
  ['findUserByExternalId', (session: Session) => findUserByExternalId(session, 'p', 'x', signal)],
])('%s says undefined for what there is not, and nothing else', async (_, call) => {
  const { session } = answering({ json: { errcode: 'M_NOT_FOUND' }, status: 404 });
  expect(await call(session)).toBeUndefined();
  const hidden = answering({ json: { errcode: 'M_UNRECOGNIZED' }, status: 404 });
  await expect(call(hidden.session)).rejects.toMatchObject({ errcode: 'M_UNRECOGNIZED' });
});
