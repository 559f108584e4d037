import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../house.contract.ts';

/** The engine starts in a thread of its own for each command, and other suites share the machine. */
const timeout = 60_000;

const recoveryKeyPattern = /^(?:\w{4} ){11}\w{4}$/;

/** An account with a password and no identity yet. */
async function openPasswordHouse(): Promise<House> {
  const house = await openHouse();
  const { bot, homeserver } = house;
  writeFileSync(join(house.dir, 'password'), `${bot.password}\n`);
  house.configure({
    accounts: {
      main: { user_id: bot.userId, homeserver: homeserver.baseUrl, password_file: './password' },
    },
  });
  return house;
}

/** The access token of another login, as another client makes it. */
async function logInElsewhere({ homeserver, bot }: House): Promise<string> {
  const identifier = { type: 'm.id.user', user: bot.userId };
  const answer = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'm.login.password', identifier, password: bot.password }),
  });
  const { access_token: accessToken } = (await answer.json()) as { access_token: string };
  return accessToken;
}

async function setUp(house: House): Promise<string> {
  const ran = await house.run(['account', 'identity', 'setup']);
  expect(ran.exit).toBe(0);
  return ran.out.trim();
}

describe('bellhop account identity', () => {
  it('shows the recovery key once, alone on standard output', { timeout }, async () => {
    const house = await openPasswordHouse();
    expect(await setUp(house)).toMatch(recoveryKeyPattern);
    const again = await house.run(['account', 'identity', 'setup', '--json']);
    expect(JSON.parse(again.out)).toEqual({ account: 'main', already: true });
    const shown = await house.run(['account', 'identity', 'show', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ signed: true, user_id: house.bot.userId });
  });

  it('writes nothing but a key to standard output', { timeout }, async () => {
    const house = await openPasswordHouse();
    await setUp(house);
    const again = await house.run(['account', 'identity', 'setup', 'main']);
    expect(again).toMatchObject({ exit: 0, out: '', err: expect.stringContaining('already') });
    expect((await house.run(['account', 'identity', 'setup', '-q'])).out).toBe('');
  });

  it('is set up to its end when it was cut short before', { timeout }, async () => {
    const house = await openPasswordHouse();
    const isLast = ({ method, path }: { method: string; path: string }) =>
      method === 'PUT' && path.endsWith('/m.secret_storage.default_key');
    house.homeserver.fault(isLast, { kind: 'status', status: 500 });
    expect(await house.run(['account', 'identity', 'setup'])).toMatchObject({ out: '' });
    const cut = await house.run(['account', 'identity', 'show', '--json']);
    house.homeserver.clearFaults();
    expect(await setUp(house)).toMatch(recoveryKeyPattern);
    const shown = await house.run(['account', 'identity', 'show', '--json']);
    expect(JSON.parse(shown.out).master_key).toBe(JSON.parse(cut.out).master_key);
  });

  it('makes a new device with the recovery key when the store is gone', { timeout }, async () => {
    const house = await openPasswordHouse();
    const recoveryKey = await setUp(house);
    rmSync(join(house.dataDir, 'encryption'), { recursive: true });
    const lost = await house.run(['account', 'identity', 'setup']);
    expect(lost).toMatchObject({ exit: 78, err: expect.stringContaining('identity recover') });
    const recover = ['account', 'identity', 'recover', '--recovery-key-file', '-', '--json'];
    const ran = await house.run(recover, { input: `${recoveryKey}\n` });
    expect(JSON.parse(ran.out)).toMatchObject({ already: false, new_device_id: expect.anything() });
    const shown = await house.run(['account', 'identity', 'show', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({
      signed: true,
      device_id: JSON.parse(ran.out).new_device_id,
    });
  });

  it('names the place of a configured token that a new device needs another for', {
    timeout,
  }, async () => {
    const house = await openHouse();
    const recoveryKey = await setUp(house);
    rmSync(join(house.dataDir, 'encryption'), { recursive: true });
    const recover = ['account', 'identity', 'recover', '--recovery-key-file', '-', '--json'];
    const inline = await house.run(recover, { input: recoveryKey });
    expect(inline).toMatchObject({ exit: 78, out: '' });
    const { error } = JSON.parse(inline.err);
    expect(error.code).toBe('new_token_needed');
    expect(error.detail).toContain('accounts.main.access_token,');
    expect(error.remedy).toMatch(/^Put the access token of a new login in the place/);
    const { bot, homeserver } = house;
    const account = { user_id: bot.userId, homeserver: homeserver.baseUrl };
    writeFileSync(join(house.dir, 'token'), bot.accessToken);
    house.configure({ accounts: { main: { ...account, access_token_file: './token' } } });
    const file = await house.run(recover, { input: recoveryKey });
    expect(file.err).toContain(`accounts.main.access_token_file, ${join(house.dir, 'token')}.`);
    writeFileSync(join(house.dir, 'token'), await logInElsewhere(house));
    expect(await house.run(recover, { input: recoveryKey })).toMatchObject({ exit: 0 });
  });

  it('refuses another recovery key, and does not repeat it', { timeout }, async () => {
    const house = await openPasswordHouse();
    const first = await setUp(house);
    rmSync(join(house.dataDir, 'encryption'), { recursive: true });
    const wrong = first.replace(/^..../, 'EsTa');
    const recover = ['account', 'identity', 'recover', '--recovery-key-file', '-'];
    const ran = await house.run(recover, { input: wrong });
    expect(ran).toMatchObject({ exit: 65, out: '' });
    expect(ran.err).not.toContain(wrong);
  });

  it('replaces an identity only when told to by force', { timeout }, async () => {
    const house = await openPasswordHouse();
    const first = await setUp(house);
    expect(await house.run(['account', 'identity', 'reset'])).toMatchObject({ exit: 64 });
    const ran = await house.run(['account', 'identity', 'reset', '--force']);
    expect(ran.out.trim()).toMatch(recoveryKeyPattern);
    expect(ran.out.trim()).not.toBe(first);
  });

  it('asks nobody for the recovery key without a terminal', { timeout }, async () => {
    const house = await openPasswordHouse();
    const ran = await house.run(['account', 'identity', 'recover']);
    expect(ran).toMatchObject({ exit: 64, err: expect.stringContaining('--recovery-key-file') });
  });
});
