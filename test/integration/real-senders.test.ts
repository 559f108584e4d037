import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseRoomAlias, type RoomId } from '../../src/matrix/ids.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { describeWithSender } from '../senders/describe-with-sender.ts';
import { ensureCurl } from '../senders/ensure-curl.ts';
import { ensurePythonSenders } from '../senders/ensure-python-senders.ts';
import { type CommandEnd, runCommand } from '../senders/run-command.ts';
import { ensureAlertmanager, startAlertmanager } from '../senders/start-alertmanager.ts';
import { type RunningGateway, sourceToken, startGateway } from './parts/start-gateway.ts';

/** The token of the source that only Alertmanager uses. */
const clusterToken = 'token-of-the-cluster';

/** Few enough to be filled by a test. */
const queuedMax = 20;

let homeserver: FakeHomeserver;
let ops: RoomId;
let gateway: RunningGateway;
/** Where senders keep what they remember. */
let home: string;

beforeEach(async () => {
  homeserver = await startFakeHomeserver({ serverName: 'example.org' });
  const { userId, accessToken } = homeserver.createUser('bellhop');
  const alias = parseRoomAlias('#ops:example.org');
  if (alias === undefined) throw new Error('#ops is no alias');
  ops = homeserver.createRoom({ creator: userId, alias });
  const account = { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken };
  gateway = await startGateway({
    accounts: { main: account },
    rooms: { ops },
    sources: {
      routers: { token: sourceToken, room: 'ops' },
      cluster: { token: clusterToken, format: 'alertmanager', room: 'ops' },
    },
    limits: { queued: queuedMax },
  });
  home = await mkdtemp(join(tmpdir(), 'bellhop-sender-'));
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await homeserver.stop();
  await rm(home, { recursive: true, force: true });
});

/** What the room holds, once nothing is owed. */
async function arrived(): Promise<string[]> {
  await gateway.settled();
  return homeserver.messages(ops).map(({ content }) => String(content['body']));
}

const gatewayHost = (): string => gateway.url.replace('http://', '');

/** Less than the 30 s for which clients let a sync wait: a sender must not be held by one. */
const sendDeadlineMs = 25_000;

async function send(command: string, ...args: readonly string[]): Promise<CommandEnd> {
  return await runCommand(command, args, { cwd: home, deadlineMs: sendDeadlineMs });
}

await describeWithSender('Apprise, unmodified', ensurePythonSenders, ({ apprise, python }) => {
  const roomForms = (): [string, string][] => [
    ['its id', ops],
    ['its alias', '#ops:example.org'],
    ['its name as an alias', '#ops'],
  ];

  it('with the token alone reaches a room by id, by alias and by name', async () => {
    const bodies: string[] = [];
    for (const [form, room] of roomForms()) {
      const body = `token, ${form}`;
      const url = `matrix://${sourceToken}@${gatewayHost()}/${encodeURIComponent(room)}`;
      const end = await send(apprise, '-vv', '-t', 'Backup', '-b', body, url);
      expect(end.exit, end.stdout + end.stderr).toBe(0);
      bodies.push(body);
    }
    expect(await arrived()).toEqual(bodies.map((body) => expect.stringContaining(body)));
  });

  it('with name and password logs in and reaches a room by id, by alias and by name', async () => {
    const bodies: string[] = [];
    for (const [form, room] of roomForms()) {
      const body = `login, ${form}`;
      const url = `matrix://routers:${sourceToken}@${gatewayHost()}/${encodeURIComponent(room)}`;
      const end = await send(apprise, '-vv', '-t', 'Backup', '-b', body, url);
      expect(end.exit, end.stdout + end.stderr).toBe(0);
      bodies.push(body);
    }
    expect(await arrived()).toEqual(bodies.map((body) => expect.stringContaining(body)));
  });

  it('in a long-running program sends every message, though its transaction ids repeat', async () => {
    const program = `
import sys, apprise
for url in sys.argv[1:]:
    sender = apprise.Apprise()
    sender.add(url)
    for number in range(3):
        assert sender.notify(title='Backup', body=f'{number}'), number
`;
    const token = `matrix://${sourceToken}@${gatewayHost()}/${encodeURIComponent(ops)}`;
    const login = `matrix://routers:${sourceToken}@${gatewayHost()}/%23ops`;
    const end = await send(python, '-c', program, token, login);
    expect(end.exit, end.stderr).toBe(0);
    const numbers = (await arrived()).map((body) => body.trim().at(-1));
    expect(numbers).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  it('is told of a wrong token, and says so', async () => {
    const url = `matrix://wrong@${gatewayHost()}/%23ops`;
    const end = await send(apprise, '-b', 'x', url);
    expect(end.exit).not.toBe(0);
    expect(await arrived()).toEqual([]);
  });
});

await describeWithSender('matrix-commander, unmodified', ensurePythonSenders, (senders) => {
  it('logs in once, and then sends by alias', async () => {
    const { matrixCommander } = senders;
    const files = ['--credentials', join(home, 'credentials.json'), '--store', join(home, 'store')];
    const login = await send(
      matrixCommander,
      ...files,
      ...['--login', 'password', '--homeserver', gateway.url],
      ...['--user-login', '@routers:example.org', '--password', sourceToken],
      ...['--device', 'cron', '--room-default', '#ops:example.org'],
    );
    expect(login.exit, login.stdout + login.stderr).toBe(0);
    for (const message of ['backup done', 'backup done again']) {
      const room = ['--room', '#ops:example.org', '--message', message];
      const end = await send(matrixCommander, ...files, ...room);
      expect(end.exit, end.stdout + end.stderr).toBe(0);
    }
    expect(await arrived()).toEqual(['backup done', 'backup done again']);
  });
});

await describeWithSender('curl, as the README has it', ensureCurl, (curl) => {
  it('is answered at once, and “disk full” arrives', async () => {
    const authorization = `Authorization: Bearer ${sourceToken}`;
    const url = `${gateway.url}/hooks/routers`;
    const end = await send(curl, '-sS', '-H', authorization, '-d', 'disk full', url);
    expect(end).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\{"id":"\w+"\}$/) });
    expect(await arrived()).toEqual(['disk full']);
  });

  it('with the retries of the guide sends one message once, and hears of a mistake', async () => {
    const retries = ['--retry', '5', '--retry-connrefused', '--max-time', '10'];
    const args = ['-sS', '--fail-with-body', ...retries];
    const key = ['-H', 'Idempotency-Key: backup-2026-11-21', '-d', 'backup of db1 done'];
    const url = `${gateway.url}/hooks/routers`;
    const authorization = ['-H', `Authorization: Bearer ${sourceToken}`];
    for (let runs = 0; runs < 2; runs++) {
      const end = await send(curl, ...args, ...authorization, ...key, url);
      expect(end).toMatchObject({ exit: 0, stderr: '' });
    }
    const wrong = await send(curl, ...args, '-H', 'Authorization: Bearer wrong', ...key, url);
    // It is told once: curl does not repeat what is refused for good.
    expect(wrong.stdout.match(/no token/g)).toHaveLength(1);
    expect(wrong.exit).toBe(22);
    expect(await arrived()).toEqual(['backup of db1 done']);
  });
});

await describeWithSender('a real Alertmanager', ensureAlertmanager, () => {
  const labels = { alertname: 'DiskFull', cluster: 'eu', severity: 'critical', instance: 'db1' };
  const annotations = { summary: 'There is 1 % left on /var' };

  async function alerting(repeatInterval: string) {
    const webhookUrl = `${gateway.url}/hooks/cluster`;
    return await startAlertmanager({ webhookUrl, token: clusterToken, repeatInterval });
  }

  it('that fires makes one readable message, however often it repeats it, and another when it is resolved', async () => {
    await using alertmanager = await alerting('1s');
    await alertmanager.post([{ labels, annotations }]);
    await gateway.log.when('notification_received', { result: 'duplicate' }, 2);
    const [firing, ...others] = await arrived();
    expect(others).toEqual([]);
    for (const words of ['DiskFull', 'firing', 'critical', annotations.summary, 'db1', 'eu']) {
      expect(firing?.toLowerCase()).toContain(words.toLowerCase());
    }
    const { formatted_body: html } = homeserver.messages(ops)[0]?.content ?? {};
    expect(html).toMatch(/<a href="http:\/\/127\.0\.0\.1:\d+\/#\/silences\/new\?filter=/);
    await alertmanager.post([{ labels, annotations, endsAt: new Date().toISOString() }]);
    await gateway.log.when('delivered', {}, 2);
    const [, resolved, ...more] = await arrived();
    expect(resolved?.toLowerCase()).toContain('resolved');
    expect(more).toEqual([]);
  });

  it('that is told 503 tries again, until its message is taken, and it arrives once', async () => {
    await homeserver.goAway();
    const queue = Array.from({ length: queuedMax }, (_, i) => `queued ${i}`);
    for (const body of queue) {
      await gateway.call('POST', '/v1/notifications', { body: { body } });
    }
    await using alertmanager = await alerting('1h');
    await alertmanager.post([{ labels, annotations }]);
    await gateway.log.when('notification_refused', { source: 'cluster', code: 'queue_full' }, 2);
    await homeserver.comeBack();
    await gateway.wake();
    await gateway.log.when('notification_received', { source: 'cluster', result: 'accepted' });
    expect(await arrived()).toEqual([...queue, expect.stringContaining('DiskFull')]);
  });
});
