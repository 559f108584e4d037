import { expect, it } from 'vitest';
import { ExchangeChecker } from '../../test/openapi/check.ts';
import type { FakeHomeserver } from './fake-homeserver.ts';
import { startFakeHomeserver } from './fake-homeserver.ts';
import { synapseOperations } from './homeserver/route.ts';
import { allRoutes } from './homeserver/routes/all-routes.ts';
import { OlmClient } from './olm-client.contract.ts';

type Call = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

const client = '/_matrix/client/v3';

const beyondTheSpecification: ReadonlySet<string> = new Set(synapseOperations);

function caller(homeserver: FakeHomeserver, token: string | undefined): Call {
  return async (method, path, body) => {
    const headers = new Headers();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(homeserver.baseUrl + path, { method, headers, ...payload });
    const text = await response.text();
    expect(response.status, `${method} ${path}: ${text}`).toBe(200);
    const isJson = response.headers.get('content-type') === 'application/json';
    return isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  };
}

async function logInAndOut(homeserver: FakeHomeserver): Promise<void> {
  const bot = homeserver.createUser('login', { password: 'secret' });
  const anyone = caller(homeserver, undefined);
  await anyone('GET', '/_matrix/client/versions');
  await anyone('GET', `${client}/login`);
  const grant = await anyone('POST', `${client}/login`, {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: bot.userId },
    password: 'secret',
    device_id: 'BELL',
    initial_device_display_name: 'Bellhop',
    refresh_token: true,
  });
  const pair = await anyone('POST', `${client}/refresh`, { refresh_token: grant['refresh_token'] });
  const call = caller(homeserver, String(pair['access_token']));
  await call('GET', `${client}/account/whoami`);
  await call('GET', `${client}/devices`);
  await call('GET', `${client}/capabilities`);
  await call('POST', `${client}/logout`);
  await caller(homeserver, bot.accessToken)('POST', `${client}/logout/all`);
}

async function useRoom(homeserver: FakeHomeserver): Promise<void> {
  const [alice, bob] = [homeserver.createUser('alice'), homeserver.createUser('bob')];
  const [call, other] = [alice, bob].map((user) => caller(homeserver, user.accessToken));
  if (call === undefined || other === undefined) return;
  const created = await call('POST', `${client}/createRoom`, {
    name: 'Operations',
    topic: 'What happens',
    preset: 'private_chat',
    room_version: '12',
    invite: [bob.userId],
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'x' } }],
  });
  const roomId = encodeURIComponent(String(created['room_id']));
  const alias = encodeURIComponent(`#ops:${homeserver.serverName}`);
  const room = `${client}/rooms/${roomId}`;
  await call('PUT', `${client}/directory/room/${alias}`, { room_id: created['room_id'] });
  await other('GET', `${client}/directory/room/${alias}`);
  await other('POST', `${client}/join/${alias}?via=${homeserver.serverName}`, {});
  const first = await call('GET', `${client}/sync?timeout=0`);
  const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} };
  const sent = await call('PUT', `${room}/send/m.room.message/txn-1`, message);
  await other('GET', `${client}/sync?timeout=0&since=${String(first['next_batch'])}`);
  const eventId = encodeURIComponent(String(sent['event_id']));
  await call('GET', `${room}/event/${eventId}`);
  await call('PUT', `${room}/redact/${eventId}/txn-2`, { reason: 'test' });
  await call('GET', `${room}/messages?dir=b&limit=20`);
  await call('GET', `${room}/state`);
  await call('PUT', `${room}/state/m.room.name/`, { name: 'Ops' });
  await call('GET', `${room}/state/m.room.encryption`);
  await call('GET', `${room}/joined_members`);
  await call('GET', `${client}/joined_rooms`);
  await call('POST', `${room}/kick`, { user_id: bob.userId, reason: 'test' });
  await call('POST', `${room}/invite`, { user_id: bob.userId });
  await other('POST', `${room}/join`, {});
  await other('POST', `${room}/leave`, {});
  await call('POST', `${room}/ban`, { user_id: bob.userId });
  await call('POST', `${room}/unban`, { user_id: bob.userId });
  await other('POST', `${room}/forget`, {});
  await call('POST', `${room}/upgrade`, { new_version: '12' });
  await call('DELETE', `${client}/directory/room/${alias}`);
  await call('POST', `${room}/send/m.room.message`, message);
  await caller(homeserver, undefined)('GET', '/_synapse/admin/v1/register');
}

async function useMediaAndProfile(homeserver: FakeHomeserver): Promise<void> {
  const bot = homeserver.createUser('media');
  const call = caller(homeserver, bot.accessToken);
  await call('GET', '/_matrix/client/v1/media/config');
  const response = await fetch(`${homeserver.baseUrl}/_matrix/media/v3/upload?filename=a.txt`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bot.accessToken}`, 'content-type': 'text/plain' },
    body: 'a file',
  });
  const { content_uri: mxc } = (await response.json()) as { content_uri: string };
  const path = mxc.replace('mxc://', '/_matrix/client/v1/media/download/');
  await call('GET', path);
  await call('GET', `${path}/b.txt`);
  const profile = `${client}/profile/${encodeURIComponent(bot.userId)}`;
  await call('PUT', `${profile}/displayname`, { displayname: 'Bellhop' });
  await call('PUT', `${profile}/avatar_url`, { avatar_url: mxc });
  await call('GET', `${profile}/displayname`);
  await call('GET', profile);
}

async function useSpace(homeserver: FakeHomeserver): Promise<void> {
  const owner = homeserver.createUser('owner');
  const call = caller(homeserver, owner.accessToken);
  const create = async (body: object) =>
    String((await call('POST', `${client}/createRoom`, body))['room_id']);
  const space = await create({
    preset: 'public_chat',
    creation_content: { type: 'm.space', 'm.federate': false },
    power_level_content_override: { events_default: 100 },
  });
  const allow = [{ type: 'm.room_membership', room_id: space }];
  const content = { join_rule: 'restricted', allow };
  const child = await create({
    name: 'Ops',
    topic: 'What happens',
    initial_state: [{ type: 'm.room.join_rules', state_key: '', content }],
  });
  const path = `${client}/rooms/${encodeURIComponent(space)}/state/m.space.child`;
  const via = { via: [homeserver.serverName], order: 'a', suggested: true };
  await call('PUT', `${path}/${encodeURIComponent(child)}`, via);
  const hierarchy = `/_matrix/client/v1/rooms/${encodeURIComponent(space)}/hierarchy`;
  const { rooms } = await call('GET', `${hierarchy}?limit=10&max_depth=2&suggested_only=true`);
  expect(rooms).toMatchObject([{ room_id: space }, { room_id: child, join_rule: 'restricted' }]);
}

async function useAdministration(homeserver: FakeHomeserver): Promise<void> {
  const boss = homeserver.createUser('boss', { admin: true });
  const { userId } = homeserver.createUser('governed');
  const roomId = encodeURIComponent(homeserver.createRoom({ creator: boss.userId }));
  const call = caller(homeserver, boss.accessToken);
  const admin = '/_synapse/admin';
  const user = encodeURIComponent(userId);
  const external_ids = [{ auth_provider: 'oidc-bell', external_id: '1' }];
  await call('GET', '/health');
  await call('GET', `${admin}/v1/server_version`);
  await call('PUT', `${admin}/v2/users/${user}`, { external_ids });
  await call('GET', `${admin}/v2/users/${user}`);
  await call('GET', `${admin}/v3/users?limit=1`);
  await call('GET', `${admin}/v1/username_available?username=free`);
  await call('GET', `${admin}/v1/auth_providers/oidc-bell/users/1`);
  await call('POST', `${admin}/v1/users/${user}/login`, {});
  await call('PUT', `${admin}/v1/users/${user}/admin`, { admin: false });
  await call('GET', `${admin}/v1/users/${user}/admin`);
  const limits = `${admin}/v1/users/${user}/override_ratelimit`;
  await call('POST', limits, { messages_per_second: 0, burst_count: 0 });
  await call('GET', limits);
  await call('DELETE', limits);
  await call('POST', `${admin}/v1/join/${roomId}`, { user_id: userId });
  await call('GET', `${admin}/v1/users/${user}/joined_rooms`);
  await call('GET', `${admin}/v1/users/${user}/memberships`);
  await call('POST', `${admin}/v1/rooms/${roomId}/make_room_admin`, { user_id: userId });
  await call('GET', `${admin}/v1/rooms`);
  for (const part of ['', '/state', '/members'])
    await call('GET', `${admin}/v1/rooms/${roomId}${part}`);
  await call('GET', `${admin}/v2/users/${user}/devices`);
  await call('POST', `${admin}/v2/users/${user}/delete_devices`, { devices: ['GHOST'] });
  await call('DELETE', `${admin}/v2/users/${user}/devices/GHOST`);
  await call('GET', `${admin}/v1/users/${user}/media`);
  await call('DELETE', `${admin}/v1/users/${user}/media`);
  const { redact_id: id } = await call('POST', `${admin}/v1/user/${user}/redact`, { rooms: [] });
  await call('GET', `${admin}/v1/user/redact_status/${String(id)}`);
  await call('PUT', `${admin}/v1/suspend/${user}`, { suspend: true });
  await call('POST', `${admin}/v1/deactivate/${user}`, { erase: true });
}

async function useKeys(homeserver: FakeHomeserver): Promise<void> {
  const password = 'secret';
  const [bot, other] = [
    homeserver.createUser('keys', { password }),
    homeserver.createUser('reader'),
  ];
  const members = [bot.userId, other.userId];
  const roomId = homeserver.createRoom({
    creator: bot.userId,
    members: [other.userId],
    encrypted: true,
  });
  const call = caller(homeserver, bot.accessToken);
  using sender = await OlmClient.start(homeserver.baseUrl, bot);
  using receiver = await OlmClient.start(homeserver.baseUrl, other);
  const { keys, signatures } = await sender.makeIdentity();
  await call('POST', `${client}/keys/device_signing/upload`, JSON.parse(keys));
  await call('POST', `${client}/keys/signatures/upload`, JSON.parse(signatures));
  const first = await receiver.sync();
  const content = await sender.encrypt(roomId, members, 'm.room.message', { body: 'hello' });
  const room = `${client}/rooms/${encodeURIComponent(roomId)}`;
  await call('PUT', `${room}/send/m.room.encrypted/1`, JSON.parse(content));
  const { next_batch: to } = await receiver.sync();
  await receiver.call('GET', `/keys/changes?from=${first.next_batch}&to=${to}`);
  await call('GET', `${room}/members?membership=join`);
  const own = `${client}/user/${encodeURIComponent(bot.userId)}`;
  const filter = { room: { timeline: { types: ['m.room.member'] } } };
  const { filter_id: filterId } = await call('POST', `${own}/filter`, filter);
  await call('GET', `${own}/filter/${String(filterId)}`);
  await call('GET', `${client}/sync?filter=${String(filterId)}`);
  await call('PUT', `${own}/account_data/org.example.bell`, { starts: 1 });
  await call('GET', `${own}/account_data/org.example.bell`);
  const device = `${client}/devices/${bot.deviceId}`;
  await call('GET', device);
  await call('PUT', device, { display_name: 'Bell' });
  const identifier = { type: 'm.id.user', user: bot.userId };
  await call('DELETE', device, { auth: { type: 'm.login.password', identifier, password } });
}

it('every endpoint of the fake homeserver speaks as the official OpenAPI document says', async () => {
  await using homeserver = await startFakeHomeserver();
  const checker = new ExchangeChecker();
  const violations: string[] = [];
  homeserver.onExchange((exchange) => violations.push(...checker.checkExchange(exchange)));
  await logInAndOut(homeserver);
  await useRoom(homeserver);
  await useMediaAndProfile(homeserver);
  await useKeys(homeserver);
  await useSpace(homeserver);
  await useAdministration(homeserver);
  expect(violations.filter((violation) => !violation.endsWith(' is not an operation'))).toEqual([]);
  const called = new Set(homeserver.requests.map(({ operation }) => operation));
  const served = allRoutes.map((route) => route.operation);
  expect(served.filter((operation) => !called.has(operation))).toEqual([]);
  const unchecked = served.filter(
    (operation) => !checker.covered.has(operation) && !beyondTheSpecification.has(operation),
  );
  expect(unchecked).toEqual([]);
  process.stdout.write(`covered operations: ${[...checker.covered].sort().join(' ')}\n`);
});

it('errors of the fake homeserver are the specification’s', async () => {
  await using homeserver = await startFakeHomeserver();
  const checker = new ExchangeChecker();
  const violations: string[] = [];
  homeserver.onExchange((exchange) => violations.push(...checker.checkExchange(exchange)));
  const bot = homeserver.createUser('bot');
  const headers = {
    authorization: `Bearer ${bot.accessToken}`,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ msgtype: 'm.text', body: 'x' });
  const send = `${homeserver.baseUrl}${client}/rooms/${encodeURIComponent('!ghost:hs.test')}/send/m.room.message/1`;
  await fetch(send, { method: 'PUT', headers, body });
  await fetch(send, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
  homeserver.rateLimit({ perSecond: 1, burst: 0 });
  await fetch(send, { method: 'PUT', headers, body });
  await fetch(`${homeserver.baseUrl}${client}/createRoom`, { method: 'POST', headers, body: '{}' });
  expect(homeserver.requests.map(({ status }) => status)).toEqual([403, 401, 429, 429]);
  expect(violations).toEqual([]);
});
