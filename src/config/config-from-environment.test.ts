import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { defaults } from './defaults.ts';
import { loadConfig } from './load-config.ts';

const fromEnvironment = (env: Record<string, string>) =>
  loadConfig(undefined, { env, cwd: '/cwd', home: '/home/u' });

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    fromEnvironment(env);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.problems;
    throw thrown;
  }
  return [];
}

const complete = {
  BELLHOP_HOMESERVER: 'https://matrix.example.org/',
  BELLHOP_ACCESS_TOKEN: 't0ken',
  BELLHOP_ROOM: '#ops:example.org',
};

describe('without a file', () => {
  it('a homeserver, a token and a room are a complete configuration', () => {
    const config = fromEnvironment(complete);
    const main = config.accounts.get('main');
    expect(main).toMatchObject({ homeserver: 'https://matrix.example.org', userId: undefined });
    expect(main?.accessToken?.kind === 'inline' && main.accessToken.secret.reveal()).toBe('t0ken');
    expect(config.rooms.get('default')).toMatchObject({
      room: '#ops:example.org',
      account: 'main',
    });
    expect(config.defaultRoom).toBe('default');
  });

  it('the defaults are those of an empty file', () => {
    const surroundings = { env: {}, cwd: '/cwd', home: '/home/u' };
    expect(fromEnvironment({})).toEqual(loadConfig({ path: 'x', text: '' }, surroundings));
    expect(fromEnvironment({}).limits).toBe(defaults.limits);
  });

  it('an empty variable counts as unset', () => {
    const env = Object.fromEntries(Object.keys(complete).map((name) => [name, '']));
    expect(fromEnvironment(env).accounts.size).toBe(0);
  });

  it('a user id stands for the homeserver', () => {
    const config = fromEnvironment({ BELLHOP_USER_ID: '@bellhop:example.org' });
    expect(config.accounts.get('main')?.userId).toBe('@bellhop:example.org');
  });
});

describe('mistakes in the environment', () => {
  it.each([
    [
      'a homeserver without scheme',
      { BELLHOP_HOMESERVER: 'matrix.example.org' },
      /^BELLHOP_HOMESERVER: must be an address/,
    ],
    [
      'a homeserver with the path of its API',
      { BELLHOP_HOMESERVER: 'https://matrix.example.org/_matrix/client' },
      /^BELLHOP_HOMESERVER: must be an address .*, without \/_matrix$/,
    ],
    [
      'a token that is none',
      { BELLHOP_ACCESS_TOKEN: 's3cret s3cret' },
      /^BELLHOP_ACCESS_TOKEN: must be printable/,
    ],
    [
      'a token twice',
      { BELLHOP_ACCESS_TOKEN_FILE: 'x' },
      /^BELLHOP_ACCESS_TOKEN_FILE: stands beside/,
    ],
    ['a room id that is none', { BELLHOP_ROOM: '#ops' }, /^BELLHOP_ROOM: must be/],
    [
      'a room name without rooms',
      { BELLHOP_ROOM: 'ops' },
      /^BELLHOP_ROOM: no room is called "ops"/,
    ],
    ['a user id that is none', { BELLHOP_USER_ID: 'bellhop' }, /^BELLHOP_USER_ID: must be/],
    ['an address that is none', { BELLHOP_LISTEN: 'a:1,b' }, /^BELLHOP_LISTEN: must be/],
    ['a level that is none', { BELLHOP_LOG_LEVEL: 'all' }, /^BELLHOP_LOG_LEVEL: must be/],
  ])('%s is told without its value', (_, env, message) => {
    const problems = problemsOf({ ...complete, ...env });
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain('s3cret');
  });

  it('half an account is told with what completes it', () => {
    expect(problemsOf({ BELLHOP_HOMESERVER: 'https://x.org' })).toEqual([
      expect.stringContaining('BELLHOP_ACCESS_TOKEN'),
    ]);
    expect(problemsOf({ BELLHOP_ROOM: '#a:b' })).toEqual([
      expect.stringContaining('BELLHOP_HOMESERVER'),
    ]);
  });
});

describe('the data directory', () => {
  it.each([
    [{}, '/home/u/.local/state/bellhop'],
    [{ XDG_STATE_HOME: '/state' }, '/state/bellhop'],
    [{ XDG_STATE_HOME: 'relative' }, '/home/u/.local/state/bellhop'],
    [
      { XDG_STATE_HOME: '/state', STATE_DIRECTORY: '/var/lib/bellhop:/var/lib/other' },
      '/var/lib/bellhop',
    ],
    [{ STATE_DIRECTORY: '/var/lib/bellhop', BELLHOP_DATA_DIR: './data' }, '/cwd/data'],
  ])('of %j is %s', (env, dataDir) => {
    expect(fromEnvironment(env).dataDir).toBe(dataDir);
  });
});
