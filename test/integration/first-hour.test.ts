import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseRoomId } from '../../src/matrix/ids.ts';
import { joinRoom } from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import { describeWithSender, SenderMissing } from '../senders/describe-with-sender.ts';
import { ensureCurl } from '../senders/ensure-curl.ts';
import { ensurePythonSenders } from '../senders/ensure-python-senders.ts';
import { freePort } from '../senders/free-port.ts';
import { type CommandEnd, runCommand } from '../senders/run-command.ts';
import { ensureAlertmanager, startAlertmanager } from '../senders/start-alertmanager.ts';
import { ensureSynapse } from '../synapse/ensure-synapse.ts';
import { type Synapse, startSynapse } from '../synapse/start-synapse.ts';
import { call } from './parts/call.ts';
import { readRoom } from './parts/read-room.ts';
import { ServeProcess } from './parts/serve-process.ts';
import { SynapsePeople, soon } from './parts/synapse-people.ts';

const root = new URL('../../', import.meta.url);
const program = fileURLToPath(new URL('src/cli/main.ts', root));

/** A new user's folder, and a homeserver to be a user of. */
let dir: string;
let synapse: Synapse;
let people: SynapsePeople;
let me: Session;
let url: string;

/** Everything a new user needs beside Bellhop. */
async function ensureAll() {
  await ensureSynapse().catch((cause: unknown) => {
    throw new SenderMissing(cause instanceof Error ? cause.message : 'no Synapse', { cause });
  });
  await ensureAlertmanager();
  return { curl: await ensureCurl(), ...(await ensurePythonSenders()) };
}

/** The README's example, with this test's names and addresses in place of `example.org`'s. */
async function writeExample(port: number): Promise<void> {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const [, indented = ''] = /<!-- example-config -->\s+```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  const text = indented.replace(/^ {3}/gm, '').replaceAll('example.org', synapse.serverName);
  const config = parse(text) as { accounts: { main: object } };
  const main = { ...config.accounts.main, homeserver: synapse.baseUrl };
  const changed = { ...config, listen: [`127.0.0.1:${port}`], accounts: { main } };
  // JSON is YAML.
  await writeFile(join(dir, 'bellhop.yaml'), JSON.stringify(changed));
}

async function bellhop(...args: readonly string[]): Promise<CommandEnd> {
  return await runCommand(process.execPath, [program, ...args], { cwd: dir });
}

/** Standard output of a command that must end well. */
async function ok(...args: readonly string[]): Promise<string> {
  const end = await bellhop(...args);
  expect(end.exit, `bellhop ${args.join(' ')}\n${end.stdout}${end.stderr}`).toBe(0);
  return end.stdout;
}

await describeWithSender('the first hour of a new user', ensureAll, ({ curl, apprise }) => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bellhop-first-hour-'));
    synapse = await startSynapse({ limits: 'open' });
    people = new SynapsePeople(synapse);
    me = await people.arrive('me');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await writeExample(port);
    for (const name of ['scripts', 'cluster', 'operator']) {
      await writeFile(join(dir, `${name}.token`), `token-of-${name}\n`, { mode: 0o600 });
    }
    await writeFile(join(dir, 'secret'), synapse.registrationSharedSecret, { mode: 0o600 });
  });
  afterAll(async () => {
    await people[Symbol.asyncDispose]();
    await synapse.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('ends with every message in the room once, and the outbox and the metrics agree', async () => {
    await ok('register', `@bellhop:${synapse.serverName}`, '--secret-file', 'secret');
    const made = ['--name', 'Ops', '--alias', 'ops', '--invite', me.userId];
    const roomId = parseRoomId((await ok('room', 'create', '-q', ...made)).trim());
    if (roomId === undefined) throw new Error('room create says no room id');
    await joinRoom(me, roomId, [], soon());
    await ok('doctor');
    await ok('send', '--room', 'ops', 'sent without a daemon');

    await using daemon = new ServeProcess(join(dir, 'bellhop.yaml'), url);
    await daemon.start();
    await ok('doctor');
    await ok('send', '--room', 'ops', '--wait=20s', 'sent beside the daemon');
    const bearer = ['-H', 'Authorization: Bearer token-of-scripts'];
    const hook = `${url}/hooks/scripts`;
    const posted = await runCommand(curl, ['-fsS', ...bearer, '-d', 'disk full', hook], {
      cwd: dir,
    });
    expect(posted.exit, posted.stderr).toBe(0);
    const room = `matrix://token-of-scripts@${url.replace('http://', '')}/${roomId}`;
    const notified = await runCommand(apprise, ['-b', 'sent by Apprise', room], { cwd: dir });
    expect(notified.exit, notified.stdout + notified.stderr).toBe(0);
    await using alertmanager = await startAlertmanager({
      webhookUrl: `${url}/hooks/cluster`,
      token: 'token-of-cluster',
      repeatInterval: '1h',
    });
    await alertmanager.post([{ labels: { alertname: 'DiskFull', severity: 'critical' } }]);

    const bodies = await bodiesOnce(5, roomId);
    expect(bodies).toEqual([
      'sent without a daemon',
      'sent beside the daemon',
      'disk full',
      'sent by Apprise',
      expect.stringContaining('DiskFull'),
    ]);
    const lines = (await ok('outbox', 'list', '--json')).trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { state: string; event_id: string });
    expect(entries.map(({ state }) => state)).toEqual(bodies.map(() => 'delivered'));
    const { text: metrics } = await call('GET', `${url}/metrics`);
    expect(metrics).toContain('bellhop_outbox_messages{state="delivered"} 5');
    expect(metrics).not.toMatch(/bellhop_outbox_messages\{state="(?:queued|unknown|dead)"\} [1-9]/);
    expect(await daemon.stop()).toBe(0);
  });

  it('a configuration with three mistakes is told all three, each with its place and what to do', async () => {
    const mistakes = join(dir, 'mistakes.yaml');
    await writeFile(
      mistakes,
      [
        'data_dir: ./data',
        'acounts:',
        '  main: { user_id: "@bellhop:example.org" }',
        'rooms:',
        '  ops: "ops"',
        'sources:',
        '  scripts: { token_file: ./scripts.token, room: opps }',
      ].join('\n'),
    );
    const end = await bellhop('config', 'check', '-c', mistakes);
    expect(end.exit).toBe(78);
    expect(end.stdout).toBe('');
    for (const place of ['2:1', '5:8', '7:49']) expect(end.stderr).toContain(place);
    expect(end.stderr).toContain('accounts');
  });
});

/** The texts of a room as soon as it has so many; more than that are shown too. */
async function bodiesOnce(count: number, roomId: NonNullable<ReturnType<typeof parseRoomId>>) {
  await expect
    .poll(async () => (await readRoom(me, roomId)).length, { timeout: 30_000, interval: 100 })
    .toBeGreaterThanOrEqual(count);
  return (await readRoom(me, roomId)).map(({ content }) => String(content['body']));
}
