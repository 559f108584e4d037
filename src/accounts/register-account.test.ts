import { expect, it } from 'vitest';
import { TransportError } from '../matrix/errors.ts';
import type { UserId } from '../matrix/ids.ts';
import { type ScriptedAnswer, scriptedHomeserver } from '../matrix/scripted-homeserver.contract.ts';
import { registerAccount } from './register-account.ts';

const wish = {
  userId: '@new:example.org' as UserId,
  homeserver: 'https://hs.example.org',
  sharedSecret: 'secret',
  password: 'pass',
  admin: false,
};

const nonce: ScriptedAnswer = { json: { nonce: 'n' } };
const unknown: ScriptedAnswer = { status: 404, json: { errcode: 'M_UNRECOGNIZED', error: 'no' } };

/** The homeserver answers this to the registration itself. */
function homeserverThat(post: ScriptedAnswer, get = nonce, key = unknown) {
  return scriptedHomeserver(({ method, path }) => {
    if (method === 'POST') return post;
    return path.startsWith('/_matrix/key/') ? key : get;
  });
}

const signal = new AbortController().signal;

async function register(homeserver: ReturnType<typeof homeserverThat>) {
  return await registerAccount(wish, { openHomeserver: () => homeserver }, signal);
}

it('an account is registered with the name it was asked for', async () => {
  const homeserver = homeserverThat({ json: { user_id: wish.userId } });
  expect(await register(homeserver)).toEqual({ kind: 'made', userId: wish.userId });
  expect(homeserver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /_matrix/key/v2/server',
    'GET /_synapse/admin/v1/register',
    'POST /_synapse/admin/v1/register',
  ]);
  expect(homeserver.closed()).toBe(true);
});

it('a homeserver of another name is not asked to make the account', async () => {
  const made = { json: { user_id: '@new:other.org' } };
  const homeserver = homeserverThat(made, nonce, { json: { server_name: 'other.org' } });
  expect(await register(homeserver)).toMatchObject({
    kind: 'not-made',
    failure: { code: 'homeserver_unusable', detail: expect.stringContaining('@name:other.org') },
  });
  expect(homeserver.requests).toHaveLength(1);
});

const refusal = (status: number, errcode: string): ScriptedAnswer => ({
  status,
  json: { errcode, error: 'HMAC incorrect' },
});
const page = (status: number): ScriptedAnswer => ({ status, text: '<html>' });
const lost = (kind: 'unreachable' | 'interrupted'): ScriptedAnswer => ({
  failure: new TransportError(kind, 'POST /_synapse/admin/v1/register', 'ECONNRESET'),
});

it.each([
  ['400 taken', refusal(400, 'M_USER_IN_USE'), 'not-made', 'user_id_taken'],
  ['400', refusal(400, 'M_INVALID_USERNAME'), 'not-made', 'matrix_refused'],
  ['403', refusal(403, 'M_UNKNOWN'), 'not-made', 'registration_refused'],
  ['a broken way', lost('unreachable'), 'not-made', 'homeserver_unreachable'],
  ['a lost answer', lost('interrupted'), 'unsure', 'homeserver_unreachable'],
  ['500', refusal(500, 'M_UNKNOWN'), 'unsure', 'homeserver_unreachable'],
  ['429', refusal(429, 'M_LIMIT_EXCEEDED'), 'unsure', 'homeserver_unreachable'],
  ['no user', { json: {} }, 'unsure', 'homeserver_unusable'],
  ['a page with 200', page(200), 'unsure', 'homeserver_unusable'],
  ['a page with 403', page(403), 'unsure', 'homeserver_unusable'],
  ['a page with 408', page(408), 'unsure', 'homeserver_unusable'],
  ['a page with 429', page(429), 'unsure', 'homeserver_unreachable'],
] as const)('%s: whether an account was made is told', async (_, post, kind, code) => {
  expect(await register(homeserverThat(post))).toMatchObject({ kind, failure: { code } });
});

it.each([
  [unknown, 'homeserver_unusable'],
  [page(200), 'homeserver_unusable'],
  [page(502), 'homeserver_unreachable'],
] as const)('before the registration itself nothing is made: %j', async (get, code) => {
  const homeserver = homeserverThat({ json: {} }, get);
  expect(await register(homeserver)).toMatchObject({ kind: 'not-made', failure: { code } });
});
