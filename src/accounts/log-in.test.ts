import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AccountFixture, makeAccountFixture, speak } from './account-fixture.contract.ts';
import { logIn, logOut } from './log-in.ts';

const signal = new AbortController().signal;
let at: AccountFixture;

beforeEach(async () => {
  at = await makeAccountFixture();
});

afterEach(async () => {
  await at.close();
});

it('a login by password is what the account speaks with from then on', async () => {
  const loggedIn = await logIn(at.options, { password: 'password' }, at.ports, signal);
  expect(loggedIn).toEqual({
    homeserver: at.server.baseUrl,
    deviceId: 'DEVICE1',
    previousDeviceId: undefined,
  });
  expect(await speak(await at.open({ password: undefined }))).toBe('DEVICE1');
});

it('a second login keeps the device', async () => {
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  at.server.softLogout();
  const again = await logIn(at.options, { password: 'password' }, at.ports, signal);
  expect(again).toMatchObject({ deviceId: 'DEVICE1', previousDeviceId: undefined });
});

it('a login after the device was deleted takes another and says so', async () => {
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  at.server.hardLogout();
  const again = await logIn(at.options, { password: 'password' }, at.ports, signal);
  expect(again).toMatchObject({ deviceId: 'DEVICE2', previousDeviceId: 'DEVICE1' });
});

it('a login by token asks whose it is', async () => {
  at.server.issue('made-elsewhere', 'ELSEWHERE');
  const loggedIn = await logIn(at.options, { accessToken: 'made-elsewhere' }, at.ports, signal);
  expect(loggedIn.deviceId).toBe('ELSEWHERE');
  const wrong = logIn(at.options, { accessToken: 'unknown' }, at.ports, signal);
  await expect(wrong).rejects.toMatchObject({ code: 'login_refused' });
});

it('a login outlives the configured token it replaced', async () => {
  at.server.issue('configured', 'CONFIGURED');
  const options = {
    password: undefined,
    accessToken: async () => await Promise.resolve('configured'),
  };
  await speak(await at.open(options));
  at.server.hardLogout();
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  expect(await speak(await at.open(options))).toBe('DEVICE1');
});

it('a wrong password changes nothing that is stored', async () => {
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  const before = await at.store.read('main');
  const wrong = logIn(at.options, { password: 'wrong' }, at.ports, signal);
  await expect(wrong).rejects.toMatchObject({ code: 'login_refused' });
  expect(await at.store.read('main')).toEqual(before);
});

it('a logout ends the token and forgets it', async () => {
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  expect(await logOut(at.options, at.ports, signal)).toBe(true);
  expect(await at.store.read('main')).toBeUndefined();
  expect(at.server.tokens.get('access-1')?.state).toBe('gone');
  expect(await logOut(at.options, at.ports, signal)).toBe(false);
});

it('a logout with a spent token forgets it, one that does not arrive does not', async () => {
  await logIn(at.options, { password: 'password' }, at.ports, signal);
  at.server.fault = () => 'drop';
  await expect(logOut(at.options, at.ports, signal)).rejects.toMatchObject({
    code: 'homeserver_unreachable',
  });
  expect(await at.store.read('main')).toBeDefined();
  at.server.fault = () => undefined;
  at.server.hardLogout();
  expect(await logOut(at.options, at.ports, signal)).toBe(true);
});

it('an address whose API knows nothing is told as an address, whatever the proof', async () => {
  at.server.fault = () => ({ status: 404, json: { errcode: 'M_UNRECOGNIZED', error: 'no' } });
  const byToken = logIn(at.options, { accessToken: 'token' }, at.ports, signal);
  await expect(byToken).rejects.toMatchObject({
    code: 'homeserver_unusable',
    detail: expect.stringContaining('`homeserver` is the base URL, without /_matrix'),
  });
  const byPassword = logIn(at.options, { password: 'password' }, at.ports, signal);
  await expect(byPassword).rejects.toMatchObject({
    code: 'login_refused',
    detail: expect.stringContaining('`homeserver` is the base URL, without /_matrix'),
  });
});

it('the API of a homeserver is no base URL', async () => {
  const options = { ...at.options, homeserver: `${at.server.baseUrl}/_matrix/client` };
  await expect(logIn(options, { password: 'x' }, at.ports, signal)).rejects.toMatchObject({
    code: 'config_invalid',
    detail: expect.stringContaining('without /_matrix'),
  });
});
