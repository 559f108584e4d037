import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSecretFile } from './read-secret-file.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-secret-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const fileOf = (text: string): string => {
  const path = join(dir, 'secret');
  writeFileSync(path, text);
  return path;
};

it.each([
  ['with a line end', 'geheim\n', 'geheim'],
  ['of Windows', 'geheim\r\n', 'geheim'],
  ['with blanks and a second line end, which are its own', ' a b \n\n', ' a b \n'],
  ['as large as may be', 'x'.repeat(16 * 1024), 'x'.repeat(16 * 1024)],
])('a secret %s is read', async (_, text, secret) => {
  expect(await readSecretFile(fileOf(text))).toBe(secret);
});

it.each([
  ['empty', () => fileOf('\n'), 'is empty'],
  ['too large', () => fileOf('x'.repeat(16 * 1024 + 1)), 'is larger than 16384 bytes'],
  ['endless', () => '/dev/zero', 'is larger than 16384 bytes'],
  ['not there', () => join(dir, 'gone'), 'cannot be read'],
  ['a directory', () => dir, 'cannot be read'],
])('a file that is %s is refused by its path', async (_, path, why) => {
  await expect(readSecretFile(path())).rejects.toMatchObject({
    code: 'secret_unreadable',
    detail: expect.stringContaining(`${path()} ${why}`),
  });
});
