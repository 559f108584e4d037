import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type House, openHouse } from './house.contract.ts';
import { terminal } from './login/terminal.contract.ts';

interface Kept {
  readonly deviceId: string;
  readonly accessToken: string;
}

function kept(house: House, account = 'main'): Kept {
  const path = join(house.dataDir, 'accounts', `${account}.json`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  return JSON.parse(readFileSync(path, 'utf8')) as Kept;
}

/** An account that is configured, without any secret. */
async function openBareHouse(): Promise<House> {
  const house = await openHouse();
  const { bot, homeserver } = house;
  house.configure({ accounts: { main: { user_id: bot.userId, homeserver: homeserver.baseUrl } } });
  writeFileSync(join(house.dir, 'password'), `${bot.password}\n`);
  return house;
}

describe('bellhop login', () => {
  it('takes the password of a file, keeps the token and never shows it', async () => {
    const house = await openBareHouse();
    const ran = await house.run(['login', house.bot.userId, '--password-file', 'password']);
    const { deviceId, accessToken } = kept(house);
    expect(ran).toMatchObject({ err: '', exit: 0 });
    expect(ran.out).toMatch(
      `Account main is logged in: ${house.bot.userId}, device ${deviceId}, at ${house.homeserver.baseUrl}.\n`,
    );
    expect(ran.out).toMatch(/(?:^|\s)(?:\w{4} ){11}\w{4}\n$/);
    expect(ran.out + ran.err).not.toContain(accessToken);
  });

  it('keeps the device at the next login', async () => {
    const house = await openBareHouse();
    const login = ['login', house.bot.userId, '--password-file', 'password', '--json'];
    await house.run(login);
    const { deviceId } = kept(house);
    const second = await house.run(login);
    expect(JSON.parse(second.out)).toMatchObject({ device_id: deviceId, account: 'main' });
    expect(second.out).not.toContain('recovery_key');
    expect(second.err).toBe('');
  });

  it('says loudly that the device is another, also with -q', async () => {
    const house = await openBareHouse();
    const login = ['login', house.bot.userId, '--password-file', 'password', '-q'];
    await house.run(login);
    const { deviceId } = kept(house);
    house.homeserver.deleteDevice(house.bot.userId, deviceId);
    const second = await house.run(login);
    expect(second.err).toMatch(new RegExp(`^WARNING: account main .*instead of ${deviceId}`));
  });

  it('asks on a terminal without showing what is typed', async () => {
    const house = await openBareHouse();
    const { given, modes, shown } = terminal('bot-pass', 'x\u007f', 'word\r');
    const ran = await house.run(['login', house.bot.userId], given);
    expect(ran.exit).toBe(0);
    expect(shown()).toBe(`Password of ${house.bot.userId}: \n`);
    expect(modes).toEqual([true, false]);
  });

  it('ends when the question is interrupted', async () => {
    const house = await openBareHouse();
    const { given, modes } = terminal('bot\u0003');
    expect(await house.run(['login', house.bot.userId], given)).toMatchObject({ exit: 130 });
    expect(modes).toEqual([true, false]);
    expect(existsSync(join(house.dataDir, 'accounts'))).toBe(false);
  });

  it('asks nobody without a terminal', async () => {
    const house = await openBareHouse();
    const ran = await house.run(['login', house.bot.userId]);
    expect(ran).toMatchObject({ exit: 64, err: expect.stringContaining('--password-file') });
  });

  it('takes a token from elsewhere, and refuses one without a device', async () => {
    const house = await openBareHouse();
    const { bot, homeserver } = house;
    const login = ['login', bot.userId, '--token-file', '-'];
    const ran = await house.run(login, { input: `${bot.accessToken}\n` });
    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining(bot.deviceId) });
    const refused = await house.run(login, { input: homeserver.issueToken(bot.userId) });
    expect(refused).toMatchObject({ exit: 77, err: expect.stringContaining('no device') });
  });

  it('takes the configured password', async () => {
    const house = await openBareHouse();
    const { bot, homeserver } = house;
    const main = { user_id: bot.userId, homeserver: homeserver.baseUrl, password: bot.password };
    house.configure({ accounts: { main } });
    expect(await house.run(['login', bot.userId])).toMatchObject({ exit: 0 });
  });

  it('works without a configuration, and shows what to add to it', async () => {
    const { bot, homeserver, dir, run } = await openBareHouse();
    const env = { BELLHOP_DATA_DIR: join(dir, 'other') };
    const given = { cwd: '/nowhere', env, input: bot.password };
    const login = ['login', bot.userId, '--homeserver', homeserver.baseUrl, '--password-file', '-'];
    const ran = await run(login, given);
    expect(ran.exit).toBe(0);
    expect(ran.err).toContain(`  main: { user_id: "${bot.userId}", homeserver: http://`);
    expect(existsSync(join(dir, 'other', 'accounts', 'main.json'))).toBe(true);
  });

  it.each([
    [['bot'], /"bot" is no user id/],
    [['@bot:hs.test', '--homeserver', 'x'], /no base URL/],
    [['@other:hs.test', '--password-file', 'password'], /"main" is @bot:hs.test. Name another/],
    [['@bot:hs.test', '--password-file', 'a', '--token-file', 'b'], /exclude each other/],
  ])('refuses %j', async (args, words) => {
    const house = await openBareHouse();
    const ran = await house.run(['login', ...args]);
    expect(ran).toMatchObject({ exit: 64, out: '', err: expect.stringMatching(words) });
  });

  it('names a wrong password, a missing file and an absent homeserver', async () => {
    const house = await openBareHouse();
    const { userId } = house.bot;
    const wrong = await house.run(['login', userId, '--password-file', '-'], { input: 'no' });
    expect(wrong).toMatchObject({ exit: 77, err: expect.stringContaining('refused') });
    const missing = await house.run(['login', userId, '--password-file', 'none']);
    expect(missing).toMatchObject({ exit: 66, err: expect.stringContaining('ENOENT') });
    await house.homeserver.goAway();
    const away = await house.run(['login', userId, '--password-file', 'password']);
    expect(away).toMatchObject({ exit: 69 });
  });
});
