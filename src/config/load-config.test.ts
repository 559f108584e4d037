import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { Config } from './config.ts';
import { loadConfig } from './load-config.ts';

const account = 'accounts: { main: { user_id: "@bellhop:example.org" } }\n';
const rooms = 'rooms: { ops: "#ops:example.org", dev: "!dev:example.org" }\n';

function load(text: string, env: Record<string, string> = {}): Config {
  return loadConfig(
    { path: '/etc/bellhop/bellhop.yaml', text },
    { env, cwd: '/cwd', home: '/home/u' },
  );
}

function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    load(text, env);
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'config_invalid') {
      return thrown.problems.map((problem) => problem.replace('/etc/bellhop/bellhop.yaml:', ''));
    }
    throw thrown;
  }
  return [];
}

describe('a file', () => {
  it('has every default filled in', () => {
    expect(load(`${account}${rooms}sources: { cluster: { token: t0ken, room: ops } }`)).toEqual({
      dataDir: '/home/u/.local/state/bellhop',
      listen: [{ address: '127.0.0.1:8480', only: undefined, tls: undefined }],
      publicUrl: undefined,
      trustedProxies: [],
      logLevel: 'info',
      retention: { deliveredMs: 604_800_000, deadMs: 2_592_000_000 },
      encryptionKeyPath: undefined,
      deploymentPath: undefined,
      limits: { bodyBytesMax: 1_048_576, queuedMax: 1_000_000, queuedPerSourceMax: 200_000 },
      accounts: new Map([
        [
          'main',
          {
            name: 'main',
            userId: '@bellhop:example.org',
            homeserver: undefined,
            accessToken: undefined,
            password: undefined,
            sharing: 'cross-signed',
          },
        ],
      ]),
      rooms: new Map([
        ['ops', room('ops', '#ops:example.org')],
        ['dev', room('dev', '!dev:example.org')],
      ]),
      sources: new Map([
        [
          'cluster',
          {
            name: 'cluster',
            format: 'auto',
            token: expect.objectContaining({ kind: 'inline' }),
            rooms: ['ops'],
            allow: ['ops'],
            origins: new Map(),
            dedupeWindowMs: 0,
            rate: undefined,
          },
        ],
      ]),
      operators: new Map(),
      defaultRoom: undefined,
    });
  });

  it('takes every key of the contract', () => {
    const config = load(
      `
data_dir: ./data
listen:
  - 0.0.0.0:8480
  - unix:run/bellhop.sock
  - { address: "[::1]:8481", only: hooks, tls: { cert: c.pem, key: $CREDENTIALS_DIRECTORY/key.pem } }
public_url: https://bellhop.example.org/
trusted_proxies: [127.0.0.1, 10.0.0.0/8, "fd00::/8"]
retention: { delivered: never, dead: 1h }
limits: { body: 64KiB, queued: 10, queued_per_source: 5 }
encryption_key_file: ./key
deployment: ./deployment.yaml
accounts:
  main: { user_id: "@b:example.org", homeserver: "https://m.example.org/", access_token_file: ./token, sharing: all-devices }
  other: { homeserver: http://localhost:8008, access_token: t0ken }
rooms:
  ops: { room: "!abc", account: other, encryption: required, sharing: cross-signed, late_after: never, expire_after: 2h, msgtype: m.notice }
sources:
  a:
    format: alertmanager
    token_file: $CREDENTIALS_DIRECTORY/a
    room: [ops]
    allow: ["#new:example.org"]
    origins: { "check certificates": ops }
    dedupe_window: 5m
    rate: 10/s
  b: { auth: none, allow: [ops] }
operators: { admin: { token_file: ./op } }
`,
      { CREDENTIALS_DIRECTORY: '/run/credentials' },
    );
    expect(config).toMatchObject({
      dataDir: '/etc/bellhop/data',
      listen: [
        { address: '0.0.0.0:8480' },
        { address: 'unix:/etc/bellhop/run/bellhop.sock' },
        {
          address: '[::1]:8481',
          only: 'hooks',
          tls: { certPath: '/etc/bellhop/c.pem', keyPath: '/run/credentials/key.pem' },
        },
      ],
      publicUrl: 'https://bellhop.example.org',
      retention: { deliveredMs: undefined, deadMs: 3_600_000 },
      encryptionKeyPath: '/etc/bellhop/key',
      deploymentPath: '/etc/bellhop/deployment.yaml',
      limits: { bodyBytesMax: 65_536, queuedMax: 10, queuedPerSourceMax: 5 },
    });
    expect(config.accounts.get('main')).toMatchObject({
      homeserver: 'https://m.example.org',
      accessToken: { kind: 'file', path: '/etc/bellhop/token' },
      sharing: 'all-devices',
    });
    expect(config.rooms.get('ops')).toMatchObject({
      account: 'other',
      encryption: 'required',
      sharing: 'cross-signed',
      msgtype: 'm.notice',
      lateAfterMs: undefined,
      expireAfterMs: 7_200_000,
    });
    expect(config.sources.get('a')).toMatchObject({
      token: { kind: 'file', path: '/run/credentials/a' },
      rooms: ['ops'],
      allow: ['ops', '#new:example.org'],
      origins: new Map([['check certificates', 'ops']]),
      dedupeWindowMs: 300_000,
      rate: { count: 10, intervalMs: 1000 },
    });
    expect(config.sources.get('b')).toMatchObject({ token: undefined, rooms: [], allow: ['ops'] });
    expect(config.defaultRoom).toBeUndefined();
  });

  it('without settings is a configuration without settings', () => {
    expect(load('# nothing yet\n').accounts.size).toBe(0);
  });

  it('may be JSON', () => {
    expect(load('{"log_level":"debug"}').logLevel).toBe('debug');
  });
});

function room(name: string, reference: string) {
  return {
    name,
    room: reference,
    account: 'main',
    encryption: 'auto',
    sharing: undefined,
    msgtype: 'm.text',
    lateAfterMs: 300_000,
    expireAfterMs: undefined,
  };
}

describe('rooms', () => {
  it('a room that is asked for by id or alias joins the configured ones, once', () => {
    const source =
      'sources: { a: { auth: none, room: "#x:example.org", allow: ["#x:example.org", "#ops:example.org"] } }';
    const config = load(`${account}${rooms}${source}`);
    expect(config.sources.get('a')).toMatchObject({
      rooms: ['#x:example.org'],
      allow: ['#x:example.org', 'ops'],
    });
    expect(config.rooms.get('#x:example.org')).toEqual(room('#x:example.org', '#x:example.org'));
  });

  it('the only room, or the one that is called default, is the default', () => {
    expect(load(`${account}rooms: { ops: "#ops:example.org" }`).defaultRoom).toBe('ops');
    expect(load(`${account}rooms: { ops: "#o:x.org", default: "#d:x.org" }`).defaultRoom).toBe(
      'default',
    );
  });
});

describe('the environment', () => {
  it('goes before the file', () => {
    const config = load(`data_dir: /file\nlisten: ["a:1"]\nlog_level: warn\n${account}${rooms}`, {
      BELLHOP_DATA_DIR: 'env',
      BELLHOP_LISTEN: 'b:2, unix:s',
      BELLHOP_LOG_LEVEL: 'debug',
      BELLHOP_PUBLIC_URL: 'https://x.org',
      BELLHOP_ACCESS_TOKEN_FILE: 'token',
      BELLHOP_HOMESERVER: 'https://env.example.org',
      BELLHOP_ROOM: 'dev',
    });
    expect(config).toMatchObject({
      dataDir: '/cwd/env',
      listen: [{ address: 'b:2' }, { address: 'unix:/cwd/s' }],
      logLevel: 'debug',
      publicUrl: 'https://x.org',
      defaultRoom: 'dev',
    });
    expect(config.accounts.get('main')).toMatchObject({
      userId: '@bellhop:example.org',
      homeserver: 'https://env.example.org',
      accessToken: { kind: 'file', path: '/cwd/token' },
    });
  });

  it('completes what the file leaves out', () => {
    const config = load('rooms: { ops: "#ops:example.org" }', {
      BELLHOP_HOMESERVER: 'https://x.org',
      BELLHOP_ACCESS_TOKEN: 't',
    });
    expect(config.rooms.get('ops')?.account).toBe('main');
  });

  it('brings its mistakes along with those of the file', () => {
    expect(problemsOf('bogus: 1', { BELLHOP_LOG_LEVEL: 'loud', BELLHOP_ROOM: 'nowhere' })).toEqual([
      expect.stringContaining('bogus'),
      expect.stringMatching(/^BELLHOP_LOG_LEVEL: must be one of/),
      expect.stringMatching(/^BELLHOP_ROOM: no room is called "nowhere"/),
    ]);
  });
});
