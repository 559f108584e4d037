import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { loadConfig } from './load-config.ts';
import { readSecrets } from './read-secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'bellhop-secrets-'));
afterAll(() => rmSync(directory, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
}

const load = (text: string) =>
  loadConfig(
    { path: join(directory, 'bellhop.yaml'), text },
    { env: {}, cwd: directory, home: '/' },
  );

async function refusalOf(text: string): Promise<readonly [code: string, ...problems: string[]]> {
  const failure = await readSecrets(load(text)).catch((thrown: unknown) => thrown);
  if (failure instanceof Failure) return [failure.code, ...failure.problems];
  throw new Error('the secrets were read', { cause: failure });
}

it('secrets come from files without their line end, or as they are written', async () => {
  write({ access: 'access-t0ken\n', source: 's0urce-token\r\n', password: ' pass word \n' });
  const config = await readSecrets(
    load(`accounts:
  main: { user_id: "@a:b", access_token_file: access }
  other: { user_id: "@c:d", password_file: password }
rooms: { ops: "#a:b" }
sources:
  a: { token_file: source, room: ops }
  b: { auth: none, room: ops }
operators: { admin: { token: inline-token } }
`),
  );
  expect(config.accounts.get('main')?.accessToken?.reveal()).toBe('access-t0ken');
  expect(config.accounts.get('other')?.password?.reveal()).toBe(' pass word ');
  expect(config.sources.get('a')?.token?.reveal()).toBe('s0urce-token');
  expect(config.sources.get('b')?.token).toBeUndefined();
  expect(config.operators.get('admin')?.token.reveal()).toBe('inline-token');
});

it("a path of systemd's credentials is told where it is read, and stands in nobody's way before", async () => {
  const text = `accounts:
  main: { user_id: "@a:b", password_file: "$CREDENTIALS_DIRECTORY/password" }
rooms: { ops: "#a:b" }
sources: { scripts: { token_file: "\${CREDENTIALS_DIRECTORY}/scripts.token", room: ops } }
encryption_key_file: $CREDENTIALS_DIRECTORY/encryption.key
listen: [{ address: "127.0.0.1:8443", tls: { cert: c.pem, key: $CREDENTIALS_DIRECTORY/key.pem } }]
`;
  expect(load(text).encryptionKeyPath).toBe('$CREDENTIALS_DIRECTORY/encryption.key');
  const unset =
    'begins with $CREDENTIALS_DIRECTORY, which is not set; systemd sets it for LoadCredential=';
  expect(await refusalOf(text)).toEqual([
    'secret_unreadable',
    `accounts.main.password_file: $CREDENTIALS_DIRECTORY/password ${unset}`,
    `sources.scripts.token_file: \${CREDENTIALS_DIRECTORY}/scripts.token ${unset}`,
  ]);
});

it('all files that cannot be read are told at once, by place and path', async () => {
  write({ empty: '\n', large: 'x'.repeat(20_000) });
  expect(
    await refusalOf(`accounts:
  a: { user_id: "@a:b", access_token_file: missing }
  b: { user_id: "@a:b", password_file: empty }
operators:
  c: { token_file: large }
  e: { token_file: . }
`),
  ).toEqual([
    'secret_unreadable',
    `accounts.a.access_token_file: ${join(directory, 'missing')} cannot be read (ENOENT)`,
    `accounts.b.password_file: ${join(directory, 'empty')} is empty`,
    `operators.c.token_file: ${join(directory, 'large')} is larger than 16384 bytes`,
    `operators.e.token_file: ${directory} cannot be read (EISDIR)`,
  ]);
});

it('a file that holds no token is a mistake of the configuration, told by place and path', async () => {
  write({ spaced: 's3cret s3cret', two: 's3cret\ns3cret\n' });
  const words = 'must be one line of printable ASCII without spaces, at most 4096 characters';
  const refusal = await refusalOf(`accounts: { a: { user_id: "@a:b", access_token_file: two } }
operators: { d: { token_file: spaced } }
`);
  expect(refusal).toEqual([
    'config_invalid',
    `accounts.a.access_token_file: ${join(directory, 'two')} ${words}`,
    `operators.d.token_file: ${join(directory, 'spaced')} ${words}`,
  ]);
  expect(refusal.join()).not.toContain('s3cret');
});

it('two callers cannot have one token, wherever it stands', async () => {
  write({ same: 'same-token' });
  expect(
    await refusalOf(`accounts: { main: { user_id: "@a:b" } }
rooms: { ops: "#a:b" }
sources: { a: { token: same-token, room: ops }, b: { token: same-token, room: ops } }
operators: { admin: { token_file: same }, other: { token_file: same } }
`),
  ).toEqual([
    'config_invalid',
    'sources.b.token: is the same as sources.a.token; every caller needs its own',
    `operators.admin.token_file: ${join(directory, 'same')} holds the same token as sources.b.token; every caller needs its own`,
    `operators.other.token_file: ${join(directory, 'same')} holds the same token as operators.admin.token_file; every caller needs its own`,
  ]);
});

it('a mistake hides no file that cannot be read, nor the other way round', async () => {
  expect(
    await refusalOf(`operators:
  a: { token: same-token }
  b: { token: same-token }
  c: { token_file: missing }
`),
  ).toEqual([
    'config_invalid',
    'operators.b.token: is the same as operators.a.token; every caller needs its own',
    `operators.c.token_file: ${join(directory, 'missing')} cannot be read (ENOENT)`,
  ]);
});
