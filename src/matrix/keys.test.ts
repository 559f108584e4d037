import { describe, expect, it } from 'vitest';
import { accountDataContent, putAccountDataContent } from './account-data-content.ts';
import { accountPage } from './account-page.ts';
import { hasDevice } from './devices.ts';
import type { UserId } from './ids.ts';
import { queryKeys, uploadSignatures, uploadSigningKeys } from './keys.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';
import type { Session } from './session.ts';

const signal = new AbortController().signal;
const bot = '@bot:example.org' as UserId;
const notFound: ScriptedAnswer = { status: 404, json: { errcode: 'M_NOT_FOUND', error: 'none' } };

function sessionTo(answer: ScriptedAnswer): { session: Session; sent: () => unknown } {
  const homeserver = scriptedHomeserver(() => answer);
  const sent = () => {
    const [request] = homeserver.requests;
    expect(request?.signal).toBe(signal);
    return {
      line: `${request?.method} ${request?.path}`,
      token: request?.accessToken,
      ...(typeof request?.body === 'string' ? { body: JSON.parse(request.body) as unknown } : {}),
    };
  };
  return { session: { homeserver, accessToken: 't', userId: bot, deviceId: 'D' }, sent };
}

describe("a user's keys", () => {
  it('are read from what the homeserver shows, with who signed which device', async () => {
    const keyed = (key: string) => ({ [bot]: { keys: { [`ed25519:${key}`]: key } } });
    const json = {
      master_keys: keyed('M'),
      self_signing_keys: keyed('S'),
      user_signing_keys: keyed('U'),
      device_keys: {
        [bot]: {
          D: {
            keys: { 'curve25519:D': 'C', 'ed25519:D': 'E' },
            signatures: { [bot]: { 'ed25519:D': '…', 'ed25519:S': '…' } },
          },
          BARE: {},
        },
      },
    };
    const { session, sent } = sessionTo({ json });
    const keys = await queryKeys(session, bot, signal);
    expect(sent()).toEqual({
      line: 'POST /_matrix/client/v3/keys/query',
      token: 't',
      body: { device_keys: { [bot]: [] } },
    });
    expect(keys).toEqual({
      masterKey: 'M',
      selfSigningKey: 'S',
      userSigningKey: 'U',
      devices: new Map([
        ['D', { ed25519: 'E', signedBy: new Set(['ed25519:D', 'ed25519:S']) }],
        ['BARE', { ed25519: undefined, signedBy: new Set() }],
      ]),
      answer: JSON.stringify(json),
    });
  });

  it.each([{}, { device_keys: [], master_keys: { [bot]: { keys: 'x' } } }])(
    'are none where the homeserver shows none: %j',
    async (json) => {
      const keys = await queryKeys(sessionTo({ json }).session, bot, signal);
      expect(keys).toMatchObject({ masterKey: undefined, devices: new Map() });
    },
  );

  it('are uploaded, or the challenge is given back', async () => {
    const body = { master_key: {} };
    const taken = sessionTo({ json: {} });
    expect(await uploadSigningKeys(taken.session, body, undefined, signal)).toBeUndefined();
    expect(taken.sent()).toEqual({
      line: 'POST /_matrix/client/v3/keys/device_signing/upload',
      token: 't',
      body,
    });
    const flows = [{ stages: ['m.login.password', 7] }, null];
    const asked = sessionTo({ status: 401, json: { flows, session: 's' } });
    expect(await uploadSigningKeys(asked.session, body, { type: 'x' }, signal)).toEqual({
      kind: 'challenge',
      session: 's',
      flows: [['m.login.password'], []],
      completed: [],
      params: {},
    });
    expect(asked.sent()).toMatchObject({ body: { master_key: {}, auth: { type: 'x' } } });
  });

  it('and their signatures are refused with the words of the homeserver', async () => {
    const { session, sent } = sessionTo({ status: 403, json: { errcode: 'M_FORBIDDEN' } });
    await expect(uploadSigningKeys(session, {}, undefined, signal)).rejects.toThrow('M_FORBIDDEN');
    await expect(uploadSignatures(session, '{}', signal)).rejects.toThrow('M_FORBIDDEN');
    expect(sent()).toBeDefined();
  });
});

describe('what an account keeps', () => {
  it('is read and written under its type', async () => {
    const reading = sessionTo({ json: { key: 'k' } });
    expect(await accountDataContent(reading.session, 'a/b', signal)).toEqual({ key: 'k' });
    const line = '/_matrix/client/v3/user/%40bot%3Aexample.org/account_data/a%2Fb';
    expect(reading.sent()).toEqual({ line: `GET ${line}`, token: 't' });
    const writing = sessionTo({ json: {} });
    await putAccountDataContent(writing.session, 'a/b', { key: 'k' }, signal);
    expect(writing.sent()).toEqual({ line: `PUT ${line}`, token: 't', body: { key: 'k' } });
    expect(await accountDataContent(sessionTo(notFound).session, 'a', signal)).toBeUndefined();
  });

  it('is a device or none', async () => {
    const { session, sent } = sessionTo({ json: { device_id: 'D E' } });
    expect(await hasDevice(session, 'D E', signal)).toBe(true);
    expect(sent()).toEqual({ line: 'GET /_matrix/client/v3/devices/D%20E', token: 't' });
    expect(await hasDevice(sessionTo(notFound).session, 'D', signal)).toBe(false);
  });

  it('is managed on a page, where there is a sound one', async () => {
    const pageOf = async (answer: ScriptedAnswer) =>
      await accountPage(sessionTo(answer).session.homeserver, 'org.matrix.profile', signal);
    const uri = (text: unknown): ScriptedAnswer => ({ json: { account_management_uri: text } });
    expect(await pageOf(uri('https://a.example.org/x?y=1'))).toBe(
      'https://a.example.org/x?y=1&action=org.matrix.profile',
    );
    for (const bad of ['javascript:1', 'nothing', 7, `https://a/${'x'.repeat(3000)}`]) {
      expect(await pageOf(uri(bad))).toBeUndefined();
    }
    expect(await pageOf(notFound)).toBeUndefined();
    expect(await pageOf({ status: 502, text: '<html>' })).toBeUndefined();
  });
});
