import { expect, it } from 'vitest';
import { scriptedHomeserver } from '../scripted-homeserver.contract.ts';
import { registerAndLogIn, registerBySharedSecret, registrationMac } from './register.ts';

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

// Computed with Python's hmac.
it.each([
  [
    'shared_secret',
    'thisisanonce',
    'pepper_roni',
    'pizza',
    'bot',
    '2ab701ea6618f3a4ffffc98f2116ea6ff5157182',
  ],
  ['shared', 'abcd', 'bob', 'abc123', 'support', 'cedfc6e7cada5e1611460bbe13bb2a0964495e83'],
  ['s3crét', 'abcd', 'Bot', 'pä ss', undefined, '0a4e662e30d7ddf926a753e35bfefddaeef527b0'],
] as const)(
  'the proof covers the kind of user: %s %s %s',
  (sharedSecret, nonce, localpart, password, userType, mac) => {
    const registration = { localpart, password, admin: true, sharedSecret, userType };
    expect(registrationMac(registration, nonce)).toBe(mac);
  },
);

it('a bot is registered with its kind and gets a device at once', async () => {
  const homeserver = scriptedHomeserver((request) =>
    request.method === 'GET'
      ? { json: { nonce: 'abcd' } }
      : { json: { user_id: '@bot:example.org', device_id: 'DEVICE', access_token: 'syt_token' } },
  );
  const registration = {
    localpart: 'bot',
    password: 'p',
    admin: true,
    sharedSecret: 's',
    userType: 'bot',
  } as const;
  const signal = new AbortController().signal;
  expect(await registerAndLogIn(homeserver, registration, signal)).toEqual({
    userId: '@bot:example.org',
    deviceId: 'DEVICE',
    accessToken: 'syt_token',
  });
  expect(JSON.parse(String(homeserver.requests[1]?.body))).toMatchObject({ user_type: 'bot' });
  expect(JSON.parse(String(homeserver.requests[1]?.body))).not.toHaveProperty('inhibit_login');
});
