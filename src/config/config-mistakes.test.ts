import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { loadConfig } from './load-config.ts';

const account = 'accounts: { main: { user_id: "@bellhop:example.org" } }\n';
const rooms = 'rooms: { ops: "#ops:example.org", dev: "!dev:example.org" }\n';

function problemsOf(text: string): readonly string[] {
  try {
    loadConfig(
      { path: '/etc/bellhop/bellhop.yaml', text },
      { env: {}, cwd: '/cwd', home: '/home/u' },
    );
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'config_invalid') {
      return thrown.problems.map((problem) => problem.replace('/etc/bellhop/bellhop.yaml:', ''));
    }
    throw thrown;
  }
  return [];
}

describe('mistakes', () => {
  it('are told all at once, each with its place and what would be right', () => {
    const text = `listen: [8480]
retnetion: { delivered: 7d }
limits: { body: 1 }
accounts:
  main: { user_id: @bellhop:example.org, pasword: s3cret }
rooms:
  ops: !abc:example.org
  dev: #dev:example.org
  web: { room: "#web:example.org", account: mian }
  Bad: "#bad:example.org"
sources:
  a: { token: "two words", room: [opss, dev] }
  b: { token: s3cret, auth: none, room: ops }
  b: { auth: none }
  local: { auth: none, room: ops }
`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^1:10: listen\[0\]: must be text; quote it$/),
      '2:1: retnetion: is not a key of the configuration; did you mean retention?',
      '3:17: limits.body: must be a size with its unit, as in 1MiB',
      expect.stringMatching(/^5:20: .*quote it, as in "@/),
      '5:42: accounts.main.pasword: is not a key of the configuration; did you mean password?',
      expect.stringMatching(/^7:8: .*quote it, as in "!/),
      expect.stringMatching(/^8:8: rooms\.dev: is empty; a text that begins with # must be quoted/),
      '9:45: rooms.web.account: no account is called "mian"; did you mean main?',
      expect.stringMatching(/^10:3: rooms\.Bad: must be a name of lower-case letters/),
      expect.stringMatching(/^12:15: sources\.a\.token: must be printable ASCII/),
      '12:35: sources.a.room[0]: no room is called "opss"; did you mean ops?',
      '13:29: sources.b.auth: stands beside token; keep one of them',
      expect.stringMatching(/^14:3: .*twice/),
      expect.stringMatching(/^15:3: sources\.local: is the name of what the command line sends/),
    ]);
  });

  it.each([
    ['an empty section', 'rooms:\n', /rooms: is empty; it must be a map/],
    ['a text for a list', 'listen: 127.0.0.1:8480', /listen: must be a list/],
    ['a list at the top', '[]', /the file must be a map/],
    ['an address without port', 'listen: [localhost]', /must be host:port/],
    ['a port that cannot be', 'listen: ["localhost:65536"]', /must be host:port/],
    ['an address twice', 'listen: ["a:1", "a:1"]', /listen\[1\]: is there twice/],
    ['a socket path that is too long', `listen: ["unix:/${'x'.repeat(120)}"]`, /longer path/],
    [
      'an unknown part',
      'listen: [{ address: "a:1", only: ntfy }]',
      /only: must be one of: v1, hooks/,
    ],
    ['a duration without unit', 'retention: { dead: 30 }', /duration with its unit, as in 5m/],
    ['a number that is too small', 'limits: { queued: 0 }', /queued: must be at least 1/],
    ['a body limit that is too large', 'limits: { body: 1GiB }', /from 1KiB to 100MiB/],
    ['a network that is none', 'trusted_proxies: [10.0.0.0/33]', /IP address or a network/],
    ['credentials in an address', 'public_url: https://u:p@x.org', /without user/],
    ['a level that is none', 'log_level: verbose', /must be one of: error, warn, info, debug/],
    ['rooms without account', rooms, /rooms: no account speaks there/],
    ['a later key', `${account}templates: ./x`, /templates: is not a key/],
    [
      'an account that says nothing',
      'accounts: { main: { homeserver: "https://x.org" } }',
      /main: needs a user id, or both/,
    ],
    [
      'both forms of a secret',
      'accounts: { main: { user_id: "@a:b", password: x, password_file: y } }',
      /password_file: stands beside password/,
    ],
    [
      'token and password',
      'accounts: { main: { user_id: "@a:b", password: x, access_token_file: y } }',
      /password: stands beside an access token/,
    ],
    [
      'a data directory among credentials, without systemd',
      'data_dir: $CREDENTIALS_DIRECTORY/x',
      /CREDENTIALS_DIRECTORY, which is not set/,
    ],
    [
      'a source without token',
      `${account}${rooms}sources: { a: { room: ops } }`,
      /sources\.a: has no token/,
    ],
    [
      'a source with token and none',
      `${account}${rooms}sources: { a: { room: ops, token: x, auth: none } }`,
      /auth: stands beside token/,
    ],
    [
      'a source without room',
      `${account}sources: { a: { auth: none } }`,
      /sources\.a: has no room/,
    ],
    [
      'an origin without room',
      `${account}${rooms}sources: { a: { auth: none, origins: { "x y": op } } }`,
      /origins\."x y": no room is called "op"; did you mean ops/,
    ],
    ['an operator without token', 'operators: { admin: {} }', /operators\.admin: has no token/],
    [
      'a rate that is none',
      `${account}${rooms}sources: { a: { auth: none, room: ops, rate: 10 } }`,
      /rate with its unit, as in 10\/s/,
    ],
    [
      'a room without reference',
      `${account}rooms: { a: { msgtype: m.text } }`,
      /rooms\.a\.room: is missing/,
    ],
    [
      'a room that is neither form',
      `${account}rooms: { a: [x] }`,
      /rooms\.a: must be text or a map/,
    ],
  ])('%s is one', (_, text, message) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it('in one source hide none in another', () => {
    const text = `${account}${rooms}sources:
  a: { auth: none, room: 5 }
  b: { auth: none, room: nowhere }
`;
    expect(problemsOf(text)).toHaveLength(2);
  });

  it('never show a secret', () => {
    const text = `accounts: { main: { user_id: "@a:b", access_token: "s3cret s3cret", password: s3cret } }
sources: { a: { token: [s3cret], toke: s3cret, room: x } }
operators: { o: { token: { s3cret: 1 } } }`;
    expect(problemsOf(text).length).toBeGreaterThan(2);
    expect(problemsOf(text).join('\n').replace('s3cret: is not a key', '')).not.toContain('s3cret');
  });

  it('of more than a hundred, the rest is counted', () => {
    const text = Array.from({ length: 150 }, (_, index) => `zzzzz${index}: 1`).join('\n');
    expect(problemsOf(text)).toHaveLength(101);
    expect(problemsOf(text).at(-1)).toBe('50 more');
  });
});

it('any value at any key is loaded or refused with a place, never worse', () => {
  const keys = fc.constantFrom(
    'accounts',
    'rooms',
    'sources',
    'operators',
    'listen',
    'limits',
    'retention',
    'public_url',
    'trusted_proxies',
    'main',
    'ops',
    'room',
    'token',
    'user_id',
    'allow',
    'origins',
    'toString',
    'constructor',
    '',
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('ops', '#a:b', '!a', '@a:b', '5m'),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(keys, tree, { maxKeys: 5 }), (value) => {
      for (const problem of problemsOf(JSON.stringify(value)))
        expect(problem).toMatch(/^\d+:\d+: .|more$/);
    }),
  );
});
