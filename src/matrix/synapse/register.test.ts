import { expect, it } from 'vitest';
import { scriptedHomeserver } from '../scripted-homeserver.contract.ts';
import { registerBySharedSecret, registrationMac } from './register.ts';

// Computed with: printf 'NONCE\0USER\0PASSWORD\0admin' | openssl dgst -sha1 -hmac SECRET
it.each([
  [
    'thisisanonce',
    'pepper_roni',
    'pizza',
    true,
    'shared_secret',
    '48715842ad67d5dc9a9ee938a3bda4fcfae8d7c7',
  ],
  ['abc', 'jürgen', 'pässword', false, 'sekrit', 'fd6ee477b2017c5d73960789c9a0cdf4280bd82a'],
] as const)(
  'the proof is the one of Synapse: %s',
  (nonce, localpart, password, admin, sharedSecret, mac) => {
    expect(registrationMac({ localpart, password, admin, sharedSecret }, nonce)).toBe(mac);
  },
);

it('an account is registered with a fresh nonce and without a login', async () => {
  const homeserver = scriptedHomeserver((request) =>
    request.method === 'GET'
      ? { json: { nonce: 'thisisanonce' } }
      : { json: { user_id: '@pepper_roni:example.org', home_server: 'example.org' } },
  );
  const registration = {
    localpart: 'pepper_roni',
    password: 'pizza',
    admin: true,
    sharedSecret: 'shared_secret',
  };
  const signal = new AbortController().signal;
  expect(await registerBySharedSecret(homeserver, registration, signal)).toBe(
    '@pepper_roni:example.org',
  );
  expect(homeserver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /_synapse/admin/v1/register',
    'POST /_synapse/admin/v1/register',
  ]);
  expect(JSON.parse(String(homeserver.requests[1]?.body))).toEqual({
    nonce: 'thisisanonce',
    username: 'pepper_roni',
    password: 'pizza',
    admin: true,
    mac: '48715842ad67d5dc9a9ee938a3bda4fcfae8d7c7',
    inhibit_login: true,
  });
});
