import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseUserId, type UserId } from '../matrix/ids.ts';
import { filePasswordStore } from './password-store.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-passwords-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function user(text: string): UserId {
  const userId = parseUserId(text);
  if (userId === undefined) throw new Error(`${text} is no user id`);
  return userId;
}

it('a password is kept for its owner alone, and read back until it is removed', async () => {
  const store = filePasswordStore(dir);
  const bot = user('@bellhop:example.org');
  expect(await store.read(bot)).toBeUndefined();
  await store.write(bot, 'pass word');
  expect(await store.read(bot)).toBe('pass word');
  expect(statSync(store.place(bot)).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'accounts')).mode & 0o777).toBe(0o700);
  // As `--password-file` reads it too.
  expect(readFileSync(store.place(bot), 'utf8')).toBe('pass word\n');
  await store.remove(bot);
  await store.remove(bot);
  expect(await store.read(bot)).toBeUndefined();
});

it('every user has a file of their own, with a name that a person knows again', () => {
  const { place } = filePasswordStore(dir);
  expect(basename(place(user('@bellhop:example.org')))).toBe('bellhop@example.org.password');
  const names = ['@a/../b:x', '@a@b:x', '@a:b:1', '@a:b'].map((text) => place(user(text)));
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => join(dir, 'accounts', basename(name)) === name)).toBe(true);
});
