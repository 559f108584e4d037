import { describe, expect, it } from 'vitest';
import { client, gist, type Stage } from './stage.contract.ts';

/** Login, refresh and registration. */
export function describeLogin(stage: Stage): void {
  const whoami = (token: unknown) =>
    stage.call('GET', `${client}/account/whoami`, typeof token === 'string' ? { token } : {});

  describe('login', () => {
    it('is offered by password', async () => {
      const { json } = await stage.call('GET', `${client}/login`);
      expect(json['flows']).toContainEqual({ type: 'm.login.password' });
    });

    it('keeps the device id that is asked for', async () => {
      const { status, json } = await stage.logIn(stage.alice, { device_id: 'KEPT' });
      const expected = { user_id: stage.alice.userId, device_id: 'KEPT' };
      expect(status).toBe(200);
      expect(json).toMatchObject(expected);
      expect(json).not.toHaveProperty('refresh_token');
      expect((await whoami(json['access_token'])).json).toMatchObject(expected);
    });

    it.each([
      ['a wrong password', { password: 'no' }, 403, 'M_FORBIDDEN'],
      ['an unknown user', { identifier: { type: 'm.id.user', user: 'ghost' } }, 403, 'M_FORBIDDEN'],
      ['an unknown type', { type: 'm.login.ghost' }, 400, 'M_UNKNOWN'],
      ['no identifier', { identifier: undefined }, 400, 'M_INVALID_PARAM'],
      ['no type', { type: undefined }, 400, 'M_UNKNOWN'],
    ])('refuses %s', async (_case, more, status, errcode) => {
      expect(gist(await stage.logIn(stage.alice, more))).toEqual({ status, errcode });
    });

    it.each([
      ['no token', undefined, 'M_MISSING_TOKEN', undefined],
      ['an unknown token', 'ghost', 'M_UNKNOWN_TOKEN', false],
    ])('is asked for by 401 when there is %s', async (_case, token, errcode, softLogout) => {
      const answer = await whoami(token);
      expect(gist(answer)).toEqual({ status: 401, errcode });
      expect(answer.json['soft_logout']).toBe(softLogout);
    });

    it('ends with a logout', async () => {
      const token = await stage.token(stage.alice, 'LEAVING');
      const out = await stage.call('POST', `${client}/logout`, { token, body: {} });
      expect(out.status).toBe(200);
      expect(gist(await whoami(token))).toEqual({ status: 401, errcode: 'M_UNKNOWN_TOKEN' });
    });
  });

  describe('a refresh', () => {
    const refresh = (token: unknown) =>
      stage.call('POST', `${client}/refresh`, { body: { refresh_token: token } });

    it('may be repeated until its access token is used; the earlier answer ends', async () => {
      const { json } = await stage.logIn(stage.alice, { refresh_token: true });
      expect(json['expires_in_ms']).toBeGreaterThan(0);
      const lost = await refresh(json['refresh_token']);
      const repeated = await refresh(json['refresh_token']);
      expect([lost.status, repeated.status]).toEqual([200, 200]);
      expect((await whoami(lost.json['access_token'])).status).toBe(401);
      expect((await whoami(json['access_token'])).status).toBe(200);
      expect((await whoami(repeated.json['access_token'])).status).toBe(200);
      const late = await refresh(json['refresh_token']);
      expect(gist(late)).toEqual({ status: 403, errcode: 'M_FORBIDDEN' });
    });

    it('of an unknown token is a 401', async () => {
      expect(gist(await refresh('ghost'))).toEqual({ status: 401, errcode: 'M_UNKNOWN_TOKEN' });
    });
  });

  describe('registration by shared secret', () => {
    it.each([
      ['a wrong MAC', { mac: '00'.repeat(20) }, 403, 'M_UNKNOWN'],
      ['an unknown nonce', { nonce: 'ghost' }, 400, 'M_UNKNOWN'],
      ['no password', { password: undefined }, 400, 'M_BAD_JSON'],
    ])('refuses %s', async (_case, more, status, errcode) => {
      expect(gist(await stage.register('refused', more))).toEqual({ status, errcode });
    });
  });
}
