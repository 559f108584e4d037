import { describe, expect, it } from 'vitest';
import { type FakeHomeserver, type FakeUser, startFakeHomeserver } from './fake-homeserver.ts';
import { ManualClock } from './manual-clock.ts';
import { OlmClient } from './olm-client.contract.ts';

const client = '/_matrix/client/v3';
const admin = '/_synapse/admin/v1';

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

async function call(
  homeserver: FakeHomeserver,
  user: FakeUser | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(homeserver.baseUrl + path, {
    method,
    headers: user === undefined ? {} : { authorization: `Bearer ${user.accessToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

describe('an operator', () => {
  it('may have turned off registration by shared secret', async () => {
    await using homeserver = await startFakeHomeserver();
    homeserver.set({ registrationSharedSecretEnabled: false });
    const answer = await call(homeserver, undefined, 'GET', `${admin}/register`);
    expect(answer).toMatchObject({
      status: 400,
      json: { error: 'Shared secret registration is not enabled' },
    });
  });

  it('may have delegated authentication: another identity takes a step on the account page', async () => {
    await using homeserver = await startFakeHomeserver();
    const bot = homeserver.createUser('bot', { admin: true });
    const other = homeserver.createUser('other');
    homeserver.set({ accountPage: 'https://account.hs.test' });
    const missing = { status: 404, json: { errcode: 'M_UNRECOGNIZED' } };
    const register = await call(homeserver, undefined, 'GET', `${admin}/register`);
    expect(register).toMatchObject(missing);
    const path = `${admin}/users/${encodeURIComponent(other.userId)}/login`;
    expect(await call(homeserver, bot, 'POST', path, {})).toMatchObject(missing);
    const device = `${client}/devices/${bot.deviceId}`;
    expect(await call(homeserver, bot, 'DELETE', device, {})).toMatchObject(missing);
    using olm = await OlmClient.start(homeserver.baseUrl, bot);
    const upload = async () => {
      const { keys } = await olm.makeIdentity();
      const body = JSON.parse(keys) as object;
      return await call(homeserver, bot, 'POST', `${client}/keys/device_signing/upload`, body);
    };
    expect((await upload()).status).toBe(200);
    const asked = await upload();
    expect(asked.status).toBe(401);
    const url = 'https://account.hs.test?action=org.matrix.cross_signing_reset';
    expect(asked.json['params']).toMatchObject({ 'm.oauth': { url } });
    homeserver.set({ identityResetAllowed: true });
    expect((await upload()).status).toBe(200);
  });

  it('may know few room versions, and make another the default', async () => {
    await using homeserver = await startFakeHomeserver();
    const bot = homeserver.createUser('bot');
    homeserver.set({ roomVersion: '10', roomVersions: ['10', '11'] });
    const { json } = await call(homeserver, bot, 'GET', `${client}/capabilities`);
    const versions = { default: '10', available: { '10': 'stable', '11': 'stable' } };
    expect(json).toMatchObject({ capabilities: { 'm.room_versions': versions } });
    const newest = { room_version: '12' };
    const answer = await call(homeserver, bot, 'POST', `${client}/createRoom`, newest);
    expect(answer.json['errcode']).toBe('M_UNSUPPORTED_ROOM_VERSION');
  });
});

it('a creation that ends on its way leaves an alias that leads to half a room', async () => {
  await using homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  homeserver.set({ roomCreationEventsMax: 2 });
  const body = { name: 'Ops', room_alias_name: 'ops' };
  expect((await call(homeserver, bot, 'POST', `${client}/createRoom`, body)).status).toBe(500);
  homeserver.set({ roomCreationEventsMax: undefined });
  const again = await call(homeserver, bot, 'POST', `${client}/createRoom`, body);
  expect(again.json['errcode']).toBe('M_ROOM_IN_USE');
  const alias = encodeURIComponent(`#ops:${homeserver.serverName}`);
  const { json } = await call(homeserver, bot, 'GET', `${client}/directory/room/${alias}`);
  const path = `${client}/rooms/${encodeURIComponent(String(json['room_id']))}/state`;
  const state = (await call(homeserver, bot, 'GET', path)).json as unknown as { type: string }[];
  expect(state.map(({ type }) => type).sort()).toEqual([
    'm.room.create',
    'm.room.member',
    'm.room.power_levels',
  ]);
});

it('a nonce ends after a minute, and with a wrong MAC', async () => {
  const clock = new ManualClock();
  await using homeserver = await startFakeHomeserver({ clock });
  const path = `${admin}/register`;
  const nonce = async () => (await call(homeserver, undefined, 'GET', path)).json['nonce'];
  const register = async (given: unknown) => {
    const body = { nonce: given, username: 'x', password: 'x', mac: '00' };
    return (await call(homeserver, undefined, 'POST', path, body)).json['error'];
  };
  const [burnt, late] = [await nonce(), await nonce()];
  expect(await register(burnt)).toBe('HMAC incorrect');
  expect(await register(burnt)).toBe('unrecognised nonce');
  clock.advance(60_001);
  expect(await register(late)).toBe('unrecognised nonce');
});

it('an override of zero lifts a user’s limits', async () => {
  await using homeserver = await startFakeHomeserver({ clock: new ManualClock() });
  const [boss, bot] = [
    homeserver.createUser('boss', { admin: true }),
    homeserver.createUser('bot'),
  ];
  homeserver.rateLimit({ perSecond: 0.2, burst: 1 });
  const create = async () =>
    (await call(homeserver, bot, 'POST', `${client}/createRoom`, {})).status;
  expect([await create(), await create()]).toEqual([200, 429]);
  const path = `${admin}/users/${encodeURIComponent(bot.userId)}/override_ratelimit`;
  await call(homeserver, boss, 'POST', path, { messages_per_second: 0, burst_count: 0 });
  expect([await create(), await create(), await create()]).toEqual([200, 200, 200]);
});

it('messages to a device outlast a restart, the memory of their transaction ids does not', async () => {
  await using homeserver = await startFakeHomeserver();
  const [from, to] = [homeserver.createUser('from'), homeserver.createUser('to')];
  const send = () => {
    const messages = { [to.userId]: { [to.deviceId]: {} } };
    return call(homeserver, from, 'PUT', `${client}/sendToDevice/org.bell/1`, { messages });
  };
  await send();
  await send();
  await homeserver.restart();
  // The first try may meet a connection that broke with the restart.
  await send().catch(send);
  const { json } = await call(homeserver, to, 'GET', `${client}/sync`);
  expect((json['to_device'] as { events: unknown[] }).events).toHaveLength(2);
});
