import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SendProcess } from './run-send.ts';
import { loadSendSettings } from './send-settings-cache.ts';

let dir: string;
let config: string;
let caches: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-settings-'));
  config = join(dir, 'bellhop.yaml');
  caches = join(dir, 'cache', 'bellhop');
  writeFileSync(join(dir, 'token'), 'secret', { mode: 0o600 });
  writeFileSync(
    config,
    `
data_dir: data
accounts:
  main: { user_id: "@b:x", homeserver: "https://matrix.x", access_token_file: token }
rooms: { ops: { room: "!ops:x" } }
`,
  );
});

afterEach(() => rmSync(dir, { recursive: true }));

/** Where the settings say that the account's token goes. */
async function homeserver(
  named: string = config,
  more: NodeJS.ProcessEnv = {},
): Promise<string | undefined> {
  const host: Pick<SendProcess, 'env' | 'cwd'> = {
    env: { HOME: dir, XDG_CACHE_HOME: join(dir, 'cache'), ...more },
    cwd: () => dir,
  };
  const { accounts } = await loadSendSettings(named, host as SendProcess);
  return accounts[0]?.homeserver;
}

/** As without `-c`. */
async function loadSendSettingsOf(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const env = { HOME: dir, XDG_CACHE_HOME: join(dir, 'cache'), ...environment };
  const host: Pick<SendProcess, 'env' | 'cwd'> = { env, cwd: () => dir };
  return (await loadSendSettings(undefined, host as SendProcess)).accounts[0]?.homeserver;
}

/** Leads what is kept to another server. */
function turn(mode: number): void {
  const [name = ''] = readdirSync(caches);
  const path = join(caches, name);
  const kept = readFileSync(path, 'utf8').replace('matrix.x', 'elsewhere');
  writeFileSync(path, kept);
  chmodSync(path, mode);
}

it('settings are read once, and then from the cache', async () => {
  expect(await homeserver()).toBe('https://matrix.x');
  turn(0o600);
  expect(await homeserver()).toBe('https://elsewhere');
});

it('kept settings that others may write are not believed', async () => {
  await homeserver();
  turn(0o622);
  expect(await homeserver()).toBe('https://matrix.x');
});

it('nothing is kept, and nothing read, where others may write', async () => {
  mkdirSync(caches, { recursive: true });
  chmodSync(caches, 0o777);
  await homeserver();
  expect(readdirSync(caches)).toEqual([]);
  chmodSync(caches, 0o700);
  await homeserver();
  turn(0o600);
  chmodSync(caches, 0o777);
  expect(await homeserver()).toBe('https://matrix.x');
});

it('a file that is named and missing is never replaced by what was kept without it', async () => {
  rmSync(config);
  const environment = {
    BELLHOP_HOMESERVER: 'https://matrix.environment',
    BELLHOP_ACCESS_TOKEN_FILE: join(dir, 'token'),
    BELLHOP_ROOM: '!other:x',
  };
  expect(await loadSendSettingsOf(environment)).toBe('https://matrix.environment');
  for (const named of [config, 'prod.yaml']) {
    await expect(homeserver(named, environment)).rejects.toMatchObject({
      code: 'config_missing',
      detail: `${named} cannot be read (ENOENT).`,
    });
  }
  const byEnvironment = { ...environment, BELLHOP_CONFIG: 'prod.yaml' };
  await expect(loadSendSettingsOf(byEnvironment)).rejects.toMatchObject({ code: 'config_missing' });
});

it('a configuration that nobody may look at is named, and is no bug', async () => {
  await homeserver();
  const out = join(dir, 'x'.repeat(300), 'bellhop.yaml');
  await expect(homeserver(out)).rejects.toMatchObject({
    code: 'config_missing',
    detail: expect.stringContaining('cannot be read (ENAMETOOLONG)'),
  });
});
