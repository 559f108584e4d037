import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TokenFile } from './token-file.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bellhop-token-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it('a token is kept by its owner alone, in a directory that is made for it', async () => {
  const path = join(directory, 'sub', 'token');
  const file = new TokenFile(path);
  expect(await file.read()).toBeUndefined();
  await file.prove();
  expect(await readdir(join(directory, 'sub'))).toEqual([]);
  await file.write('syt_token');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toBe('syt_token\n');
  await chmod(path, 0o644);
  expect(await file.read()).toBe('syt_token');
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  await file.shutOthersOut();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("the first token that is replaced is kept beside it, as it may be another program's", async () => {
  const path = join(directory, 'token');
  const file = new TokenFile(path);
  await writeFile(path, 'another-program\n', { mode: 0o644 });
  for (const token of ['one', 'one', 'two']) await file.write(token);
  expect(await readFile(path, 'utf8')).toBe('two\n');
  expect(await readFile(`${path}.old`, 'utf8')).toBe('another-program\n');
  expect((await stat(`${path}.old`)).mode & 0o777).toBe(0o600);
});

it('what was cut short is not kept beside it', async () => {
  const path = join(directory, 'token');
  await writeFile(path, 'nul\0');
  await new TokenFile(path).write('one');
  expect(await readdir(directory)).toEqual(['token']);
});

it.each(['', '\n', 'nul\0', '\0\0\0'])('what was cut short counts as none: %j', async (text) => {
  const path = join(directory, 'token');
  await writeFile(path, text);
  expect(await new TokenFile(path).read()).toBeUndefined();
});

it.each(['two words', 'server_name: x\nsecret: y\n', 'ä', 'x'.repeat(20_000)])(
  'a file with something else than a token is not taken for one, nor touched: %j',
  async (text) => {
    const path = join(directory, 'token');
    await writeFile(path, text, { mode: 0o644 });
    await expect(new TokenFile(path).read()).rejects.toMatchObject({ kind: 'token_file' });
    expect(await readFile(path, 'utf8')).toBe(text);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  },
);

it('a file that cannot be read or written is a trouble of its own', async () => {
  await expect(new TokenFile(directory).read()).rejects.toMatchObject({ kind: 'token_file' });
  const below = new TokenFile(join(directory, 'file', 'token'));
  await writeFile(join(directory, 'file'), 'x');
  await expect(below.prove()).rejects.toMatchObject({ kind: 'token_file' });
  await expect(below.write('t')).rejects.toMatchObject({ kind: 'token_file' });
});
