import { describe, expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import type { UserId } from '../../matrix/ids.ts';
import {
  type ScriptedAnswer,
  scriptedHomeserver,
} from '../../matrix/scripted-homeserver.contract.ts';
import { signal } from './identity-fixture.contract.ts';
import { fakeStore, openFakeDevice } from './identity-only-device.contract.ts';
import { type Authenticate, uploadAuthenticated } from './upload-authenticated.ts';

const userId = '@bot:example.org' as UserId;
const keys = { master_key: { usage: ['master'] } };

const challenge = (flows: readonly string[][], more: object = {}): ScriptedAnswer => ({
  status: 401,
  json: { session: 's1', flows: flows.map((stages) => ({ stages })), params: {}, ...more },
});

/** Uploads to a homeserver that answers so, one answer after the other. */
async function upload(answers: readonly ScriptedAnswer[], authenticate: Authenticate) {
  let next = 0;
  const homeserver = scriptedHomeserver(() => answers[next++] ?? { json: {} });
  const session = { homeserver, accessToken: 't', userId, deviceId: 'D' };
  const device = openFakeDevice(fakeStore(userId, 'D'));
  const randomBytes = (count: number) => new Uint8Array(count);
  const context = { account: 'main', session, device, opening: 'o', randomBytes, signal };
  const failure = await uploadAuthenticated(context, keys, authenticate).then(
    () => undefined,
    (error: unknown) => error,
  );
  const bodies = homeserver.requests.map(({ body }) => JSON.parse(String(body ?? '{}')) as unknown);
  return { failure, bodies, requests: homeserver.requests };
}

const password: Authenticate = async () => await Promise.resolve('a-password');
const nobody: Authenticate = async () => {
  await Promise.resolve();
  throw new Error('nobody is to be asked');
};

describe('an upload that may want authentication', () => {
  it('asks nobody where the homeserver does not', async () => {
    const { bodies, failure } = await upload([{ json: {} }], nobody);
    expect(failure).toBeUndefined();
    expect(bodies).toEqual([keys]);
  });

  it('gives the password with the session of the challenge, and the same keys', async () => {
    const { bodies, failure } = await upload([challenge([['m.login.password']])], password);
    expect(failure).toBeUndefined();
    const auth = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: userId },
      password: 'a-password',
      session: 's1',
    };
    expect(bodies).toEqual([keys, { ...keys, auth }]);
  });

  it('takes the flow that needs no browser, through all of its stages', async () => {
    const flows = [['m.login.sso'], ['m.login.dummy', 'm.login.password']];
    const answers = [challenge(flows), challenge(flows, { completed: ['m.login.dummy'] })];
    const { bodies, failure } = await upload(answers, password);
    expect(failure).toBeUndefined();
    expect(bodies).toMatchObject([
      keys,
      { auth: { type: 'm.login.dummy' } },
      { auth: { type: 'm.login.password' } },
    ]);
  });

  it('says that the password was not taken, without the password', async () => {
    const refused = challenge([['m.login.password']], { errcode: 'M_FORBIDDEN' });
    const { failure, bodies } = await upload([refused, refused, refused], password);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'authentication_needed' });
    expect(String(failure)).toMatch(/did not take the password/);
    expect(String(failure)).not.toContain('a-password');
    expect(bodies).toHaveLength(2);
  });

  it.each(['m.oauth', 'org.matrix.cross_signing_reset'])(
    'names the page that %s names',
    async (stage) => {
      const url = 'https://account.example.org/?action=org.matrix.cross_signing_reset';
      const params = { [stage]: { url } };
      const { failure } = await upload([challenge([[stage]], { params })], nobody);
      expect(failure).toMatchObject({ code: 'authentication_needed' });
      expect(String(failure)).toContain(`Allow it on ${url} and`);
    },
  );

  it('finds the page in the metadata of the OAuth server where the challenge names none', async () => {
    const metadata = { json: { account_management_uri: 'https://account.example.org/manage' } };
    const params = { 'm.oauth': { url: 'javascript:alert(1)' } };
    const { failure, requests } = await upload(
      [challenge([['m.oauth']], { params }), metadata],
      nobody,
    );
    expect(requests[1]?.path).toBe('/_matrix/client/v1/auth_metadata');
    expect(requests[1]?.accessToken).toBeUndefined();
    expect(String(failure)).toContain(
      'https://account.example.org/manage?action=org.matrix.cross_signing_reset',
    );
  });

  it('names the stages where there is no page either', async () => {
    const unknown = { status: 404, json: { errcode: 'M_UNRECOGNIZED', error: 'what?' } };
    const flows = [['m.login.sso'], ['m.login.sso', 'm.login.<b>']];
    const { failure } = await upload([challenge(flows), unknown], nobody);
    expect(failure).toMatchObject({ code: 'authentication_needed' });
    expect(String(failure)).toMatch(/asks for m\.login\.sso\.$/);
  });

  it('takes a refused token for what it is', async () => {
    const refused = { status: 401, json: { errcode: 'M_UNKNOWN_TOKEN', error: 'no' } };
    const { failure } = await upload([refused], nobody);
    expect(failure).toMatchObject({ name: 'MatrixError', errcode: 'M_UNKNOWN_TOKEN' });
  });
});
