import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseUserId, type UserId } from '../matrix/ids.ts';
import { belongsTo, KeptPassword } from './kept-password.ts';

const home = 'https://matrix.example.org';
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

const of = (text: string): KeptPassword => new KeptPassword(dir, user(text));
const bot = '@bellhop:example.org';

it('a password is kept for its owner alone, and read back until it is removed', async () => {
  const kept = of(bot);
  expect(await kept.read()).toBeUndefined();
  const { text, isNew } = await kept.prepare(home);
  expect(isNew).toBe(true);
  expect(text).toMatch(/^[\w-]{43}$/);
  expect(await of(bot).read()).toEqual({ text, origin: home });
  expect(statSync(kept.place).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'accounts')).mode & 0o777).toBe(0o700);
  // As `--password-file` reads it too.
  expect(readFileSync(kept.place, 'utf8')).toBe(`${text}\n`);
  await kept.remove();
  await kept.remove();
  expect(await kept.read()).toBeUndefined();
  expect(readdirSync(join(dir, 'accounts'))).toEqual([]);
});

it('all attempts at once have the same password, and those after them', async () => {
  const attempts = await Promise.all(Array.from({ length: 5 }, () => of(bot).prepare(home)));
  const { text, isNew } = await of(bot).prepare(home);
  expect(attempts.map((attempt) => attempt.text)).toEqual(Array(5).fill(text));
  expect([attempts.filter((attempt) => attempt.isNew).length, isNew]).toEqual([1, false]);
});

it('a password belongs to the homeserver that it was made for', async () => {
  await of(bot).prepare(`${home}/below`);
  const found = await of(bot).read();
  if (found === undefined) throw new Error('nothing found');
  expect(belongsTo(found, `${home}/elsewhere`)).toBe(true);
  expect(belongsTo(found, 'http://matrix.example.org')).toBe(false);
  expect(belongsTo({ ...found, origin: undefined }, home)).toBe(false);
  await expect(of(bot).prepare('https://evil.test')).rejects.toMatchObject({
    code: 'usage',
    detail: expect.stringContaining(of(bot).place),
  });
});

it('a password that a person put there goes nowhere by itself', async () => {
  mkdirSync(join(dir, 'accounts'));
  writeFileSync(of(bot).place, 'chosen\n');
  await expect(of(bot).prepare(home)).rejects.toMatchObject({ code: 'usage' });
  expect(await of(bot).read()).toMatchObject({ text: 'chosen', origin: undefined });
});

it('a password goes to the user who was made with it, whatever that one was to have before', async () => {
  const wished = of('@typo:matrix.example.org');
  const { text } = await wished.prepare(home);
  await of(bot).prepare(home);
  expect(await wished.moveTo(user(bot))).toBe(of(bot).place);
  expect(await of(bot).read()).toEqual({ text, origin: home });
  expect(await wished.read()).toBeUndefined();
});

it('a password that cannot be moved stays where it is', async () => {
  const wished = of('@typo:matrix.example.org');
  const { text } = await wished.prepare(home);
  mkdirSync(of(bot).place);
  expect(await wished.moveTo(user(bot))).toBe(wished.place);
  expect(await wished.read()).toEqual({ text, origin: home });
});

it('an empty file is told, not filled', async () => {
  mkdirSync(join(dir, 'accounts'));
  writeFileSync(of(bot).place, '');
  await expect(of(bot).prepare(home)).rejects.toMatchObject({ code: 'secret_unreadable' });
});

it('every user has a file of their own, with a name that a person knows again', () => {
  expect(basename(of(bot).place)).toBe('bellhop@example.org.password');
  const names = ['@a/../b:x', '@a@b:x', '@a:b:1', '@a:b'].map((text) => of(text).place);
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => join(dir, 'accounts', basename(name)) === name)).toBe(true);
});

it.each([`@${'a'.repeat(242)}:hs.test`, `@${'/'.repeat(100)}:hs.test`, `@a:${'b'.repeat(250)}`])(
  'a long name has a file of its own as well: %s',
  async (text) => {
    const { text: password } = await of(text).prepare(home);
    expect(await of(text).read()).toMatchObject({ text: password });
    expect(await of(text.replace(/..$/, 'cc')).read()).toBeUndefined();
  },
);

it('what is no file is a failure', async () => {
  mkdirSync(of(bot).place, { recursive: true });
  await expect(of(bot).read()).rejects.toMatchObject({ code: 'secret_unreadable' });
});
