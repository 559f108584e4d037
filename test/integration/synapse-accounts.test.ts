import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fileCredentialStore } from '../../src/accounts/credential-store.ts';
import { logIn } from '../../src/accounts/log-in.ts';
import { systemClock } from '../../src/clock.ts';
import { logout } from '../../src/matrix/login.ts';
import { createRoom } from '../../src/matrix/rooms.ts';
import { openHomeserver } from '../../src/matrix/undici-homeserver.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { startSynapse } from '../synapse/start-synapse.ts';
import { call } from './parts/call.ts';
import { readTexts } from './parts/read-room.ts';
import { type RunningGateway, sourceToken, startGateway } from './parts/start-gateway.ts';
import { marks, submitAll } from './parts/submit-all.ts';
import { type Member, SynapsePeople, soon } from './parts/synapse-people.ts';
import { openSynapseStage, type SynapseStage } from './parts/synapse-stage.ts';

let stage: SynapseStage;

/** Ends the gateway's device from elsewhere, with every token it has. */
async function endDevice(bot: Member, deviceId: string): Promise<void> {
  await logout(await stage.people.logIn(bot, deviceId), soon());
}

async function deviceOf(gateway: RunningGateway): Promise<string> {
  const stored = await fileCredentialStore(gateway.dataDir).read('main');
  if (stored === undefined) throw new Error('The account has not logged in.');
  return stored.deviceId;
}

/** Logs the account in beside a running daemon, as `bellhop login` does. */
async function logInBeside(gateway: RunningGateway, bot: Member) {
  return await logIn(
    { name: 'main', userId: bot.userId, homeserver: stage.synapse.baseUrl },
    { password: bot.password },
    {
      store: fileCredentialStore(gateway.dataDir),
      clock: systemClock,
      openHomeserver,
      onEvent: () => undefined,
    },
    soon(),
  );
}

await describeWithSynapse('an account of Synapse’s', () => {
  beforeAll(async () => {
    stage = await openSynapseStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await stage.changeReader();
  });

  it('keeps its device from one login to the next, and from one life to the next', async () => {
    const room = await stage.room();
    const bot = await stage.people.register('bot');
    await using gateway = await stage.gatewayTo(room, bot);
    const { deviceId } = await logInBeside(gateway, bot);
    expect(await logInBeside(gateway, bot)).toMatchObject({
      deviceId,
      previousDeviceId: undefined,
    });
    expect(await gateway.notify('from that device')).toMatchObject({ status: 200 });
    expect(await deviceOf(gateway)).toBe(deviceId);
    await gateway.daemon.stop();
    const accounts = { main: stage.people.accountOf(bot) };
    const { dataDir } = gateway;
    await using next = await startGateway({ accounts, rooms: { ops: room } }, { dataDir });
    expect(await next.notify('from the next life')).toMatchObject({ status: 200 });
    expect(await deviceOf(next)).toBe(deviceId);
    expect(await readTexts(stage.reader, room)).toEqual(['from that device', 'from the next life']);
  });

  it('with a password is logged in again when its device is ended in mid-life: nothing lost, nothing doubled', async () => {
    const room = await stage.room();
    const bot = await stage.people.register('bot');
    await using gateway = await stage.gatewayTo(room, bot);
    const submitted = submitAll(gateway, marks(40));
    await gateway.log.when('delivered', {}, 10);
    const before = await deviceOf(gateway);
    await endDevice(bot, before);
    await submitted;
    await gateway.settled();
    expect(await readTexts(stage.reader, room)).toEqual(marks(40));
    expect(gateway.log.of('account_new_device', { previousDeviceId: before })).toHaveLength(1);
  });

  it('without a password waits when its token is revoked, and goes on once it is logged in', async () => {
    const room = await stage.room();
    const bot = await stage.people.register('bot');
    const session = await stage.people.logIn(bot);
    await using gateway = await startGateway({
      accounts: {
        main: {
          user_id: bot.userId,
          homeserver: stage.synapse.baseUrl,
          access_token: session.accessToken,
        },
      },
      rooms: { ops: room },
    });
    expect(await gateway.notify('mark 0')).toMatchObject({ status: 200 });
    await endDevice(bot, session.deviceId);
    await submitAll(gateway, marks(5).slice(1));
    await gateway.log.when('lane_waits', { for: 'account' });
    const waiting = await gateway.call('GET', '/v1/notifications?state=queued');
    expect(waiting.json['entries']).toHaveLength(4);
    expect(waiting.text).toContain('the homeserver no longer takes the access token');
    await logInBeside(gateway, bot);
    await gateway.wake();
    await gateway.settled();
    expect(await readTexts(stage.reader, room)).toEqual(marks(5));
    const log = JSON.stringify(gateway.log.lines);
    for (const secret of [session.accessToken, bot.password, sourceToken, 'mark 0']) {
      expect(log).not.toContain(secret);
    }
  });

  it('that is locked waits until it is unlocked', async () => {
    const room = await stage.room();
    const bot = await stage.people.register('bot');
    const admin = await stage.people.arrive('admin', true);
    await using gateway = await stage.gatewayTo(room, bot);
    expect(await gateway.notify('mark 0')).toMatchObject({ status: 200 });
    const lock = async (locked: boolean) =>
      await call('PUT', `${stage.synapse.baseUrl}/_synapse/admin/v2/users/${bot.userId}`, {
        token: admin.accessToken,
        body: { locked },
      });
    expect(await lock(true)).toMatchObject({ status: 200 });
    await submitAll(gateway, marks(3).slice(1));
    await gateway.log.when('lane_waits', { for: 'account' });
    expect(await lock(false)).toMatchObject({ status: 200 });
    await gateway.daemon.reload();
    await gateway.settled();
    expect(await readTexts(stage.reader, room)).toEqual(marks(3));
  });
});

/** Enough for two sessions, each with several tokens; more is a session that never ends. */
const messagesMax = 2_000;

/** As short as Synapse lets them be and still be used a few times. */
const shortLives = {
  refreshable_access_token_lifetime: '1s',
  session_lifetime: '3s',
};

await describeWithSynapse('before a Synapse with short-lived tokens', () => {
  it('an account renews its token, and its session when that ends, on the same device and without a gap', async () => {
    await using synapse = await startSynapse({ limits: 'open', more: shortLives });
    await using people = new SynapsePeople(synapse);
    const bot = await people.register('bot');
    const owner = await people.register('owner');
    const opened = await people.logIn(owner);
    const room = await createRoom(opened, { preset: 'public_chat' }, soon());
    await using gateway = await startGateway({
      accounts: { main: people.accountOf(bot) },
      rooms: { ops: room },
    });
    const sent: string[] = [];
    const { log } = gateway;
    while (log.of('account_logged_in').length < 2 && sent.length < messagesMax) {
      const mark = `mark ${sent.length}`;
      sent.push(mark);
      expect(await gateway.notify(mark)).toMatchObject({ status: 200 });
    }
    const [first, second] = log.of('account_logged_in');
    expect(second).toMatchObject({ deviceId: first?.['deviceId'] });
    expect(log.of('account_refreshed').length).toBeGreaterThan(0);
    expect(log.of('account_new_device')).toEqual([]);
    expect(await readTexts(await people.logIn(owner), room)).toEqual(sent);
  });
});
