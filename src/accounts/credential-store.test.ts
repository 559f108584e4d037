import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UserId } from '../matrix/ids.ts';
import { fileCredentialStore } from './credential-store.ts';
import { type Credentials, formatCredentials, parseCredentials } from './credentials.ts';

const credentials: Credentials = {
  userId: '@bot:example.org' as UserId,
  homeserver: 'https://matrix.example.org',
  deviceId: 'DEVICE',
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAt: 1_800_000_000_000,
  tokenDigest: undefined,
};

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bellhop-credentials-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

it('what was written is read, and replaced as a whole', async () => {
  const store = fileCredentialStore(directory);
  expect(await store.read('main')).toBeUndefined();
  await store.write('main', credentials);
  expect(await store.read('main')).toEqual(credentials);
  await store.write('main', { ...credentials, accessToken: 'newer', refreshToken: undefined });
  expect(await store.read('main')).toMatchObject({ accessToken: 'newer', refreshToken: undefined });
  expect(await readdir(join(directory, 'accounts'))).toEqual(['main.json']);
});

it('nobody but the owner can read, also in a directory that was open before', async () => {
  await mkdir(join(directory, 'accounts'));
  await chmod(join(directory, 'accounts'), 0o755);
  await fileCredentialStore(directory).write('main', credentials);
  expect((await stat(join(directory, 'accounts'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, 'accounts', 'main.json'))).mode & 0o777).toBe(0o600);
});

it('the stamp differs after every write', async () => {
  const store = fileCredentialStore(directory);
  const stamps = [await store.stamp('main')];
  for (let i = 0; i < 3; i++) {
    await store.write('main', credentials);
    stamps.push(await store.stamp('main'));
  }
  expect(stamps[0]).toBeUndefined();
  expect(new Set(stamps).size).toBe(4);
});

it('a removed account is not there, and removing it again changes nothing', async () => {
  const store = fileCredentialStore(directory);
  await store.write('main', credentials);
  await store.remove('main');
  await store.remove('main');
  expect(await store.read('main')).toBeUndefined();
});

it('a name cannot lead out of the directory', async () => {
  const store = fileCredentialStore(directory);
  for (const name of ['../escape', '..', 'a/b']) {
    await store.write(name, credentials);
    expect(await store.read(name)).toEqual(credentials);
  }
  expect(await readdir(directory)).toEqual(['accounts']);
});

it('a write that fails leaves nothing behind and says why', async () => {
  await writeFile(join(directory, 'accounts'), 'in the way');
  await expect(fileCredentialStore(directory).write('main', credentials)).rejects.toMatchObject({
    code: 'storage_failed',
  });
});

it('a failure to read is none of "never logged in"', async () => {
  await mkdir(join(directory, 'accounts', 'main.json'), { recursive: true });
  await expect(fileCredentialStore(directory).read('main')).rejects.toMatchObject({
    code: 'secret_unreadable',
  });
});

it('the file is as it was in earlier versions', () => {
  expect(formatCredentials(credentials)).toMatchInlineSnapshot(`
    "{
      "userId": "@bot:example.org",
      "homeserver": "https://matrix.example.org",
      "deviceId": "DEVICE",
      "accessToken": "access",
      "refreshToken": "refresh",
      "expiresAt": 1800000000000
    }
    "
  `);
});

it('whatever is in the file, it is read as credentials or as none', () => {
  const field = fc.oneof(fc.string(), fc.constant('@a:b'), fc.constant('https://x'), fc.anything());
  const file = fc.record(
    {
      userId: field,
      homeserver: field,
      deviceId: field,
      accessToken: field,
      refreshToken: field,
      expiresAt: field,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        file.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        const parsed = parseCredentials(text);
        if (parsed !== undefined)
          expect(parseCredentials(formatCredentials(parsed))).toEqual(parsed);
      },
    ),
  );
});
