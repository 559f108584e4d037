import { expect, it } from 'vitest';
import { ExchangeChecker } from '../../test/openapi/check.ts';
import type { FakeHomeserver } from './fake-homeserver.ts';
import { startFakeHomeserver } from './fake-homeserver.ts';
import { allRoutes } from './homeserver/routes/all-routes.ts';

type Call = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

const client = '/_matrix/client/v3';

/** Not in the specification: Synapse's registration, and sending without a transaction id. */
const beyondTheSpecification = new Set(['registerBySharedSecret', 'sendMessageWithoutTxn']);

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

it('every endpoint of the fake homeserver speaks as the official OpenAPI document says', async () => {
  await using homeserver = await startFakeHomeserver();
  const checker = new ExchangeChecker();
  const violations: string[] = [];
  homeserver.onExchange((exchange) => violations.push(...checker.checkExchange(exchange)));
  await logInAndOut(homeserver);
  await useRoom(homeserver);
  await useMediaAndProfile(homeserver);
  expect(violations).toEqual([
    // The one call that is Synapse's alone under the specification's prefix.
    expect.stringMatching(/^POST .*\/send\/m\.room\.message is not an operation$/),
  ]);
  const served = allRoutes.map((route) => route.operation);
  const missed = served.filter(
    (operation) => !checker.covered.has(operation) && !beyondTheSpecification.has(operation),
  );
  expect(missed).toEqual([]);
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
