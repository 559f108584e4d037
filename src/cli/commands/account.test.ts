import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHouse } from './house.contract.ts';

describe('account list', () => {
  it('tells who there is, from where they speak, and whether the token is taken', async () => {
    const house = await openHouse();
    const { bot, homeserver } = house;
    const { out } = await house.run(['account', 'list', '--json']);
    expect(JSON.parse(out)).toEqual({
      name: 'main',
      user_id: bot.userId,
      homeserver: homeserver.baseUrl,
      device_id: bot.deviceId,
      token: 'valid',
    });
    homeserver.revokeToken(bot.accessToken);
    expect((await house.run(['account', 'list'])).out).toMatch(/refused: .*M_UNKNOWN_TOKEN/);
    await homeserver.goAway();
    expect((await house.run(['account', 'list'])).out).toMatch(/unknown: .*ECONNREFUSED/);
    house.configure({ accounts: { main: { user_id: bot.userId } } });
    expect((await house.run(['account', 'list'])).out).toMatch(/@bot:hs.test +- +- +none yet\n/);
  });
});

describe('account profile', () => {
  it('sets name and picture', async () => {
    const house = await openHouse();
    writeFileSync(join(house.dir, 'bell.png'), 'PNG');
    const profile = ['account', 'profile', 'main', '--name', 'The Bell', '--avatar', 'bell.png'];
    const ran = await house.run([...profile, '--json']);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    const [medium] = house.homeserver.media();
    expect(medium).toMatchObject({ contentType: 'image/png' });
    expect(JSON.parse(ran.out)).toEqual({
      account: 'main',
      display_name: 'The Bell',
      avatar_url: expect.stringMatching(/^mxc:/),
    });
  });

  it.each([
    [[], 64, /--name, --avatar or both/],
    [['--avatar', 'none.png'], 66, /ENOENT/],
    [['--avatar', 'bell.txt'], 65, /no picture/],
    [['other', '--name', 'x'], 65, /No account is called "other"; there is main/],
  ])('refuses %j', async (args, exit, words) => {
    const house = await openHouse();
    const ran = await house.run(['account', 'profile', ...args]);
    expect(ran).toMatchObject({ exit, err: expect.stringMatching(words) });
  });
});

describe('the picture of an account profile', () => {
  it('is a file of at most 100 MiB, and nothing else is read', async () => {
    const house = await openHouse();
    const at = (name: string): string => join(house.dir, name);
    writeFileSync(at('large.png'), '');
    truncateSync(at('large.png'), 100 * 1024 * 1024 + 1);
    execFileSync('bash', ['-c', 'mkfifo "$0"', at('pipe.png')]);
    mkdirSync(at('dir.png'));
    for (const [name, exit, words] of [
      ['large.png', 65, 'is larger than 100 MiB.'],
      ['dir.png', 66, 'is a directory, not a file.'],
      ['pipe.png', 66, 'is a pipe, a socket or a device, not a file.'],
    ] as const) {
      const ran = await house.run(['account', 'profile', '--avatar', name]);
      expect(ran).toMatchObject({ exit, err: expect.stringContaining(`${name} ${words}`) });
    }
    expect(house.homeserver.media()).toEqual([]);
  });
});

describe('account logout', () => {
  it('ends the session and forgets it', async () => {
    const house = await openHouse();
    const { bot, homeserver } = house;
    await house.run(['login', bot.userId]);
    const careless = await house.run(['account', 'logout', 'main']);
    expect(careless).toMatchObject({ exit: 64, err: expect.stringContaining('say --force') });
    expect(homeserver.tokensOf(bot.userId)).not.toEqual([]);
    const ran = await house.run(['account', 'logout', 'main', '--force']);
    expect(ran.out).toContain('logged out');
    expect(homeserver.tokensOf(bot.userId)).toEqual([]);
    expect(existsSync(join(house.dataDir, 'accounts', 'main.json'))).toBe(false);
    const again = await house.run(['account', 'logout', 'main', '--json']);
    expect(again).toMatchObject({ exit: 0, out: '{"account":"main","logged_out":false}\n' });
  });

  it('refuses a name that nobody has', async () => {
    const house = await openHouse();
    const ran = await house.run(['account', 'logout', 'mian']);
    expect(ran.exit).toBe(65);
    expect(ran.err).toContain('There is no account "mian"');
  });

  it('also of an account that is no longer configured', async () => {
    const house = await openHouse();
    await house.run(['login', house.bot.userId]);
    house.configure({ accounts: undefined, rooms: undefined, sources: undefined });
    const ran = await house.run(['account', 'logout', 'main', '--force']);
    expect(ran.out).toContain('logged out');
  });
});
