import { expect, it } from 'vitest';
import type { UserId } from './ids.ts';
import { loginFlows, loginPassword, refresh } from './login.ts';
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  scriptedHomeserver,
} from './scripted-homeserver.contract.ts';

const signal = new AbortController().signal;
const bot = '@bot:example.org' as UserId;

const answering = (answer: ScriptedAnswer) => scriptedHomeserver(() => answer);
const sentBody = ({ requests }: { requests: readonly ScriptedRequest[] }): unknown =>
  JSON.parse(String(requests[0]?.body));

it('login flows are named by their types', async () => {
  const homeserver = answering({ json: { flows: [{ type: 'm.login.password' }, {}, 7] } });
  expect(await loginFlows(homeserver, signal)).toEqual(['m.login.password']);
});

it('a login by password asks for a refresh token and names its device', async () => {
  const homeserver = answering({
    json: {
      access_token: 'a',
      refresh_token: 'r',
      expires_in_ms: 299_000,
      user_id: bot,
      device_id: 'D',
    },
  });
  const login = { user: bot, password: 'p', deviceId: 'D', initialDeviceDisplayName: 'Bellhop' };
  expect(await loginPassword(homeserver, login, signal)).toEqual({
    accessToken: 'a',
    refreshToken: 'r',
    expiresInMs: 299_000,
    userId: bot,
    deviceId: 'D',
  });
  expect(homeserver.requests[0]).toMatchObject({
    method: 'POST',
    path: '/_matrix/client/v3/login',
  });
  expect(sentBody(homeserver)).toEqual({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: bot },
    password: 'p',
    device_id: 'D',
    initial_device_display_name: 'Bellhop',
    refresh_token: true,
  });
});

it('a login whose token no header can hold is unusable', async () => {
  const homeserver = answering({
    json: { access_token: 'a\nb', user_id: bot, device_id: 'D' },
  });
  await expect(loginPassword(homeserver, { user: bot, password: 'p' }, signal)).rejects.toThrow(
    'unusable answer: no access_token',
  );
});

it('a refresh without a new refresh token keeps the old one', async () => {
  const homeserver = answering({ json: { access_token: 'b' } });
  expect(await refresh(homeserver, 'r1', signal)).toEqual({
    accessToken: 'b',
    refreshToken: 'r1',
    expiresInMs: undefined,
  });
  expect(sentBody(homeserver)).toEqual({ refresh_token: 'r1' });
});
