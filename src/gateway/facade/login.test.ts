import { describe, expect, it } from 'vitest';
import {
  openTestGateway,
  type TestGateway,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const v3 = '/_matrix/client/v3';
const open = () => openTestGateway(testSettings([testSource('router'), testSource('Other One')]));

describe('logging in', () => {
  const login = (test: TestGateway, payload: object) =>
    test.inject({ method: 'POST', url: `${v3}/login`, payload });
  const password = { type: 'm.login.password' };

  it('offers passwords', async () => {
    await using test = await open();
    const reply = await test.inject({ method: 'GET', url: `${v3}/login` });
    expect(reply.json()).toEqual({ flows: [{ type: 'm.login.password' }] });
  });

  it('takes no more of a stranger than a login can be', async () => {
    await using test = await open();
    const reply = await login(test, { ...password, user: 'router', password: 'x'.repeat(20_000) });
    expect([reply.statusCode, reply.json().errcode]).toEqual([413, 'M_TOO_LARGE']);
  });

  it('knows a source by name, user id and localpart', async () => {
    await using test = await open();
    for (const user of [
      'Other One',
      '@Other One:x',
      'other_one',
      '@other_one:gateway.example.org',
    ]) {
      const reply = await login(test, { ...password, user, password: 'Other One-token' });
      expect([user, reply.statusCode]).toEqual([user, 200]);
      expect(reply.json()).toMatchObject({
        user_id: '@other_one:gateway.example.org',
        home_server: 'gateway.example.org',
        device_id: expect.any(String),
      });
    }
  });

  it.each([
    ['a wrong password', { ...password, user: 'router', password: 'x' }, 403, 'M_FORBIDDEN'],
    [
      "another source's token",
      { ...password, user: 'router', password: 'Other One-token' },
      403,
      'M_FORBIDDEN',
    ],
    [
      "an operator's token",
      { ...password, user: 'router', password: 'admin-token' },
      403,
      'M_FORBIDDEN',
    ],
    [
      'an unknown user',
      { ...password, user: 'nobody', password: 'router-token' },
      403,
      'M_FORBIDDEN',
    ],
    ['no user', { ...password, password: 'router-token' }, 400, 'M_BAD_JSON'],
    ['another type', { type: 'm.login.token', token: 'x' }, 400, 'M_UNKNOWN'],
  ])('refuses %s', async (_what, payload, status, errcode) => {
    await using test = await open();
    const reply = await login(test, payload);
    expect([reply.statusCode, reply.json().errcode]).toEqual([status, errcode]);
  });

  it("a login's token survives a restart, and ends with the source's own", async () => {
    await using before = await open();
    const issued = await login(before, { ...password, user: 'router', password: 'router-token' });
    const headers = { authorization: `Bearer ${issued.json().access_token}` };
    await using after = await open();
    const whoami = () => after.inject({ method: 'GET', url: `${v3}/account/whoami`, headers });
    expect((await whoami()).statusCode).toBe(200);
    after.settings = testSettings([testSource('router', { auth: [] })]);
    expect((await whoami()).statusCode).toBe(401);
    after.settings = testSettings([]);
    expect((await whoami()).statusCode).toBe(401);
  });
});
