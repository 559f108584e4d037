import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DeploymentBot } from '../../src/deployment/bot/deployment-bot.ts';
import type { BotLook } from '../../src/deployment/bot/look-at-bot.ts';
import { Failure } from '../../src/errors.ts';
import { parseUserId } from '../../src/matrix/ids.ts';
import { logout } from '../../src/matrix/login.ts';
import type { Session } from '../../src/matrix/session.ts';
import { deactivateUser, suspendUser } from '../../src/matrix/synapse/account-state.ts';
import { listUsers, putUser, readUser } from '../../src/matrix/synapse/users.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type DeploymentStage, openDeploymentStage } from './parts/deployment-stage.ts';
import { soon } from './parts/synapse-people.ts';

const withoutPasswords = { password_config: { enabled: false } };

await describeWithSynapse('the bot of a deployment on a Synapse', () => {
  let stage: DeploymentStage;

  afterEach(async () => {
    await stage[Symbol.asyncDispose]();
  });

  /** An administrator that does to the bot what operators do. */
  const admin = async (): Promise<Session> => await stage.people.arrive('operator', true);

  const rescuers = async (session: Session): Promise<number> => {
    const query = { limit: 100, name: 'matrixrmapi-bot-rescue-', deactivated: false };
    return (await listUsers(session, query, soon())).users.length;
  };

  it('the first start registers it as a bot and keeps its token; later ones write nothing', async () => {
    stage = await openDeploymentStage(withoutPasswords, 'default');
    const session = await stage.session();
    expect(await readUser(session, stage.botUserId, soon())).toMatchObject({
      admin: true,
      userType: 'bot',
    });
    expect((await readFile(stage.tokenFile, 'utf8')).trim()).toBe(session.accessToken);
    expect((await stat(stage.tokenFile)).mode & 0o777).toBe(0o600);
    expect(await readdir(stage.directory)).toEqual(['token']);
    const { writes } = stage.homeserver;
    await chmod(stage.tokenFile, 0o644);
    expect(await stage.newBot().session(soon())).toMatchObject({
      accessToken: session.accessToken,
    });
    expect((await stat(stage.tokenFile)).mode & 0o777).toBe(0o600);
    expect(stage.homeserver.writes).toBe(writes);
    expect(stage.events.map(({ kind }) => kind)).toEqual(['registered', 'ready', 'ready']);
  });

  it.each([
    ['lost', async () => await writeFile(stage.tokenFile, '')],
    [
      'half written',
      async (session: Session) => await writeFile(stage.tokenFile, session.accessToken.slice(0, 9)),
    ],
    ['revoked', async (session: Session) => await logout(session, soon())],
  ])('a token that was %s is replaced by one of its own', async (_, harm) => {
    stage = await openDeploymentStage();
    const session = await stage.session();
    await harm(session);
    const again = await stage.session();
    expect(again.userId).toBe(session.userId);
    expect(again.deviceId).not.toBe('');
    expect(again.accessToken).not.toBe(session.accessToken);
    expect(await rescuers(again)).toBe(0);
  });

  it('where there are no passwords, another administrator lends its token and stays', async () => {
    stage = await openDeploymentStage(withoutPasswords);
    await logout(await stage.session(), soon());
    const lent = await stage.session();
    expect(lent.deviceId).toBe('');
    expect(await rescuers(lent)).toBe(1);
    await writeFile(stage.tokenFile, '');
    const again = await stage.newBot().session(soon());
    expect(await rescuers(again)).toBe(1);
    expect(await stage.newBot().session(soon())).toMatchObject({ accessToken: again.accessToken });
    expect(stage.events).toContainEqual({ kind: 'rescued', own: false });
  });

  it.each([
    ['locked', async (by: Session) => await putUser(by, stage.botUserId, { locked: true }, soon())],
    [
      'no_admin',
      async (by: Session) => await putUser(by, stage.botUserId, { admin: false }, soon()),
    ],
    ['suspended', async (by: Session) => await suspendUser(by, stage.botUserId, true, soon())],
  ])('a bot that is %s is told apart and mended, and keeps its token', async (damage, harm) => {
    stage = await openDeploymentStage();
    const session = await stage.session();
    await harm(await admin());
    expect(await stage.session()).toMatchObject({ accessToken: session.accessToken });
    expect(stage.events).toContainEqual({ kind: 'damaged', damage });
    expect(await rescuers(session)).toBe(0);
  });

  // A Synapse that has just been made refuses to reactivate anybody for some 20 s, until its database is complete.
  it('a bot that was deactivated and erased works again', { timeout: 120_000 }, async () => {
    stage = await openDeploymentStage(withoutPasswords);
    await deactivateUser(await stage.session(), stage.botUserId, { erase: true }, soon());
    const again = await stage.bot.session(AbortSignal.timeout(100_000));
    expect(await readUser(again, stage.botUserId, soon())).toMatchObject({
      admin: true,
      deactivated: false,
    });
    expect(await rescuers(again)).toBe(1);
  });

  it('another secret is refused for good, and the homeserver is not asked again', async () => {
    stage = await openDeploymentStage();
    const bot = stage.newBot('another secret');
    await expect(bot.session(soon())).rejects.toThrow(Failure);
    const asked = stage.homeserver.requests.length;
    await expect(bot.session(soon())).rejects.toMatchObject({ code: 'bot_refused' });
    expect(stage.homeserver.requests.length).toBe(asked);
    expect(bot.status).toMatchObject({ state: 'refused', trouble: 'wrong_secret' });
  });

  it('on a server of another name every administrator that it makes is ended at once', async () => {
    stage = await openDeploymentStage();
    const userId = parseUserId('@wbot:wrong.example');
    if (userId === undefined) throw new Error('no user id');
    const { registrationSharedSecret } = stage.synapse;
    for (let starts = 0; starts < 3; starts++) {
      const bot = new DeploymentBot(
        {
          userId,
          homeserver: stage.homeserver,
          tokenFile: join(stage.directory, 'wrong'),
          readSecret: async () => await Promise.resolve(registrationSharedSecret),
        },
        {
          clock: systemClock,
          randomHex: (bytes) => randomBytes(bytes).toString('hex'),
          onEvent: (event) => stage.events.push(event),
        },
      );
      await expect(bot.session(soon())).rejects.toMatchObject({ code: 'deployment_invalid' });
    }
    const query = { limit: 100, name: 'wbot' };
    const { users } = await listUsers(await admin(), query, soon());
    expect(users).toHaveLength(3);
    expect(users.filter(({ deactivated }) => !deactivated)).toEqual([]);
  });

  it('is looked at without a change, whatever was done to it', async () => {
    stage = await openDeploymentStage({}, 'default');
    expect(await stage.bot.look(soon())).toEqual({ kind: 'absent' });
    expect(stage.homeserver.requests).toEqual([]);
    const session = await stage.session();
    const operator = await admin();
    const look = async (): Promise<BotLook> => {
      const { writes } = stage.homeserver;
      const token = await readFile(stage.tokenFile, 'utf8');
      const seen = await stage.newBot().look(soon());
      expect(stage.homeserver.writes).toBe(writes);
      expect(await readFile(stage.tokenFile, 'utf8')).toBe(token);
      return seen;
    };
    expect(await look()).toMatchObject({ kind: 'ready' });
    await putUser(operator, stage.botUserId, { locked: true }, soon());
    expect(await look()).toEqual({ kind: 'damaged', damage: 'locked' });
    await putUser(operator, stage.botUserId, { locked: false }, soon());
    await deactivateUser(operator, stage.botUserId, { erase: false }, soon());
    expect(await look()).toMatchObject({ kind: 'damaged' });
    expect(await readUser(operator, session.userId, soon())).toMatchObject({ deactivated: true });
    expect(await rescuers(operator)).toBe(0);
  });

  it('a homeserver without a secret is waited for, and says so', async () => {
    stage = await openDeploymentStage({ registration_shared_secret: null });
    const giveUp = new AbortController();
    const session = stage.bot.session(giveUp.signal);
    await expect
      .poll(() => stage.events[0], { timeout: 10_000 })
      .toMatchObject({
        kind: 'waiting',
        trouble: 'registration_disabled',
      });
    giveUp.abort();
    await expect(session).rejects.toThrow();
  });

  it('a homeserver that comes late is found without a restart', async () => {
    stage = await openDeploymentStage();
    await stage.synapse.kill9();
    const session = stage.session();
    await expect.poll(() => stage.events.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(stage.events[0]).toMatchObject({ kind: 'waiting', trouble: 'unreachable' });
    await stage.synapse.start();
    expect(await session).toMatchObject({ userId: stage.botUserId });
  });
});
