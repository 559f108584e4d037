import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseUserId, type UserId } from '../../../matrix/ids.ts';
import { type DeploymentHouse, openDeploymentHouse } from '../deployment-house.contract.ts';

const botId = parseUserId('@bot:hs.test') as UserId;

/** What was asked of the homeserver that is no mere question. */
const writes = ({ homeserver }: DeploymentHouse): readonly unknown[] =>
  homeserver.requests.filter(({ method }) => method !== 'GET');

describe('bellhop deployment plan and drift, which do nothing', () => {
  it('say that the bot is to be registered, and register nobody', async () => {
    const house = await openDeploymentHouse();
    const { out, err, exit } = await house.run(['deployment', 'plan']);
    expect({ err, exit }).toEqual({ err: '', exit: 2 });
    expect(out.split('\n')[0]).toMatch(/^bot: register @bot:hs\.test \(it has no token/);
    expect(out).toContain('general: make the room, version of the homeserver (there is none)');
    const drift = await house.run(['deployment', 'drift']);
    expect(drift.exit).toBe(2);
    expect(drift.out).toMatch(/^\(bot\) +enforce +register @bot:hs\.test/m);
    expect(writes(house)).toEqual([]);
    expect(existsSync(join(house.dir, 'token'))).toBe(false);
    expect(existsSync(join(house.dir, 'data'))).toBe(false);
  });

  it('show with a room version of the file how the rooms will be', async () => {
    const house = await openDeploymentHouse();
    house.write({ room_version: '11' });
    const plan = JSON.parse((await house.run(['deployment', 'plan', '--json'])).out) as unknown;
    expect(plan).toMatchObject({
      steps: [
        { kind: 'register', bot: botId, text: expect.stringContaining('register') },
        {
          kind: 'create',
          room: 'space',
          wanted: { powerLevelContentOverride: { users: { [botId]: 200 } } },
        },
        { kind: 'create', room: 'general' },
        { kind: 'create', room: 'admin' },
        { kind: 'set', room: 'space' },
        { kind: 'set', room: 'space' },
      ],
    });
  });

  it.each(['deactivated', 'locked', 'suspended'] as const)(
    'say that a bot that is %s is to be mended, and mend nothing',
    async (damage) => {
      const house = await openDeploymentHouse();
      await house.run(['deployment', 'apply']);
      const { mode, mtimeMs } = statSync(join(house.dir, 'token'));
      house.homeserver.blockUser(botId, damage);
      const before = writes(house).length;
      const { out, exit } = await house.run(['deployment', 'plan']);
      expect(exit).toBe(2);
      const told = damage === 'deactivated' ? '(deactivated|revoked)' : damage;
      expect(out.split('\n')[0]).toMatch(new RegExp(`^bot: mend @bot:hs\\.test \\(${told}\\)`));
      expect(out).toMatch(/general: note: #general:hs\.test leads to !.* once the bot is mended\./);
      expect(out).not.toContain('make the room');
      expect((await house.run(['deployment', 'drift'])).exit).toBe(2);
      expect(writes(house).length).toBe(before);
      expect(statSync(join(house.dir, 'token'))).toMatchObject({ mode, mtimeMs });
    },
  );

  it('do not guess at a room without an alias before a damaged bot is mended', async () => {
    const house = await openDeploymentHouse();
    const without = { roles: {}, people: {} };
    house.write({ ...without, space: { join_rule: 'invite' }, rooms: { quiet: {} } });
    writeFileSync(join(house.dir, 'token'), 'never-given');
    const { out, exit } = await house.run(['deployment', 'plan']);
    expect(exit).toBe(2);
    expect(out.trimEnd().split('\n')).toEqual([
      'bot: mend @bot:hs.test (revoked) (its token is not taken as it is)',
      'space: note: Whether it is there is seen once the bot is mended.',
      'quiet: note: Whether it is there is seen once the bot is mended.',
    ]);
  });

  it('fail where a bot that has no token cannot get one', async () => {
    const house = await openDeploymentHouse();
    house.write({ bot: { username: 'bot', token_file: './token' } });
    const { err, exit } = await house.run(['deployment', 'plan']);
    expect(exit).toBe(1);
    expect(err).toContain('no registration secret');
  });

  it('name the file of the registration secret where it cannot be read', async () => {
    const house = await openDeploymentHouse();
    rmSync(join(house.dir, 'secret'));
    const { err, exit } = await house.run(['deployment', 'plan']);
    expect(exit).toBe(1);
    expect(err).toContain(join(house.dir, 'secret'));
  });

  it('say how to write a deployment file where none is named', async () => {
    const house = await openDeploymentHouse();
    writeFileSync(join(house.dir, 'bellhop.yaml'), 'data_dir: ./data\n');
    const { err, exit } = await house.run(['deployment', 'plan']);
    expect(exit).toBe(1);
    expect(err).toContain('Name a deployment file');
    expect(err).toContain('docs/guides/deployment.md');
    expect(err).not.toContain('config init');
  });

  it('refuse a token file that is the file of the registration secret', async () => {
    const house = await openDeploymentHouse();
    const files = { registration_secret_file: './secret', token_file: './sub/../secret' };
    house.write({ bot: { username: 'bot', ...files } });
    const { err, exit } = await house.run(['deployment', 'plan']);
    expect(exit).toBe(1);
    expect(err).toContain('token_file');
    expect(house.homeserver.requests).toEqual([]);
  });
});
