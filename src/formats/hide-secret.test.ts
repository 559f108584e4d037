import { describe, expect, it } from 'vitest';
import { generic } from './generic.ts';
import { hideSecret } from './hide-secret.ts';
import { understandNative } from './native.ts';

describe('a value is hidden for its name', () => {
  it.each([
    'password',
    'db_passwd',
    'PASSPHRASE',
    'basic_auth_pass',
    'password2',
    'pwd',
    'adminPwd',
    'auth',
    'http_auth',
    'basicAuth',
    'oauth',
    'bearer',
    'secret',
    'client_secret_base64',
    'pushToken',
    'tokens',
    'Authorization',
    'credentials',
    'Set-Cookie',
    'api_key',
    'X-API-Key',
    'apikey',
    'accessKeyId',
    'private-key',
    'tlsKey',
    'databaseConnectionString',
  ])('%s', (name) => {
    expect(hideSecret(name, 'x')).toBe('(hidden)');
    expect(hideSecret(name, { value: 'x' })).toBe('(hidden)');
  });

  it.each([
    'author',
    'authority',
    'authentication',
    'authMethod',
    'basic_auth_user',
    'bypass',
    'compass',
    'passed',
    'passwordExpires',
    'secretary',
    'tokenizer',
    'key',
    'monkey',
    'keyboard',
    'public_key',
  ])('but not for %s', (name) => {
    expect(hideSecret(name, 'ok')).toBe('ok');
  });

  it('also a number where it is one value, not a count; never a yes or no', () => {
    for (const name of ['password', 'userPwd', 'token'])
      expect(hideSecret(name, 12)).toBe('(hidden)');
    for (const name of ['tokens', 'pass', 'cookies']) expect(hideSecret(name, 12)).toBe(12);
    expect(hideSecret('password', true)).toBe(true);
    expect(hideSecret('password', null)).toBe(null);
  });

  it('that stands in a member of its own', () => {
    const row = { name: 'API_TOKEN', value: 'x' };
    expect(hideSecret('0', row)).toEqual({ name: 'API_TOKEN', value: '(hidden)' });
    expect(hideSecret('0', { key: 'host', value: 'x' })).toEqual({ key: 'host', value: 'x' });
  });
});

describe('a text is shown without the credentials in it', () => {
  it.each([
    ['postgres://u:SECRET@h/db', 'postgres://u:(hidden)@h/db'],
    ['redis://:p@ss#w?rd@h:6379', 'redis://:(hidden)@h:6379'],
    ['amqp://a:x@h1,amqp://b:y@h2/', 'amqp://a:(hidden)@h1,amqp://b:(hidden)@h2/'],
    ['GET https://u:8080@h/ failed', 'GET https://u:(hidden)@h/ failed'],
    ['https://ghp_0123456789abcdefghij@github.com/x', 'https://(hidden)@github.com/x'],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic (hidden)'],
    ['bearer eyJhbGciOi.abc.def', 'bearer (hidden)'],
  ])('%s', (text, shown) => {
    expect(hideSecret('value', text)).toBe(shown);
  });

  it.each([
    'https://h:8080/@user',
    'http://h:80?mail=me@example.org',
    'http://[::1]:8080/a@b',
    '{"a":"http://h:80","b":"me@example.org"}',
    'ssh://git@example.org:22/x',
    'https://user@example.org/',
    'mail me@example.org: now',
    'Basic authentication is on',
  ])('as it is: %s', (text) => {
    expect(hideSecret('value', text)).toBe(text);
  });

  it('in linear time', () => {
    const started = performance.now();
    for (const part of ['://', '://a:', 'http://', '@', 'a.', 'Basic ', 'bearer a', ' ', ':']) {
      hideSecret('value', part.repeat(500_000));
      hideSecret(part.repeat(500_000), 'value');
    }
    // Ten times what it needs on a busy machine: only a wrong exponent gets there.
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

const request = (sent: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  query: {},
  body: Buffer.from(JSON.stringify(sent)),
});

describe('fields that a sender names as such', () => {
  const fields = { host: 'a', password: 'x', token: 'y', db: 'mysql://u:z@h/', deep: { pwd: 'x' } };
  const hidden = {
    host: 'a',
    password: '(hidden)',
    token: '(hidden)',
    db: 'mysql://u:(hidden)@h/',
    deep: '{"pwd":"(hidden)"}',
  };

  it('hide credentials on hooks, which take what a product dumps', () => {
    const rows = Object.entries(hidden).map(([name, value]) => ({ name, value }));
    expect(generic.understand(request({ title: 't', fields }))).toMatchObject({
      notifications: [{ notification: { fields: rows } }],
    });
    const list = Object.entries(fields).map(([name, value]) => ({ name, value }));
    expect(generic.understand(request({ title: 't', fields: list }))).toMatchObject({
      notifications: [{ notification: { fields: rows } }],
    });
  });

  it('show them in the native call, whose sender wrote them for the room', () => {
    expect(understandNative(request({ title: 't', fields: { password: 'x' } }))).toMatchObject({
      notification: { fields: [{ name: 'password', value: 'x' }] },
    });
  });
});

it('JSON that nobody knows is shown without them at any depth', () => {
  const understanding = generic.understand(
    request({
      a: [{ auth: 'Basic eDp4' }, { env: [{ name: 'DB_PWD', value: 'x' }] }, 'x://u:x@h'],
    }),
  );
  const shown = JSON.stringify(understanding);
  expect(shown).not.toMatch(/eDp4|"x\\"|:x@/);
  expect(shown.match(/\(hidden\)/g)).toHaveLength(3);
});
