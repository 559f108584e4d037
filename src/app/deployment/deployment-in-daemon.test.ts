import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import { TelemetryEvents } from '../../telemetry/events.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../../testing/fake-homeserver.ts';
import { type Daemon, startDaemon } from '../daemon.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/** A daemon that looks after a deployment, with its homeserver and its file. */
class Stage {
  readonly homeserver: FakeHomeserver;
  readonly dir: string;
  readonly lines: Record<string, unknown>[] = [];
  #changed = Promise.withResolvers<void>();
  #daemon: Daemon | undefined;
  #config: object = {};
  #held: Promise<void> = Promise.resolve();
  #reading = Promise.withResolvers<void>();

  constructor(homeserver: FakeHomeserver, dir: string) {
    this.homeserver = homeserver;
    this.dir = dir;
  }

  write(changes: Readonly<Record<string, unknown>> = {}): void {
    const file = {
      homeserver: this.homeserver.baseUrl,
      server_name: this.homeserver.serverName,
      bot: {
        username: 'bot',
        registration_secret: this.homeserver.registrationSharedSecret,
        token_file: './token',
      },
      rooms: { general: { alias: 'general', topic: 'Work', join_rule: 'invite' } },
      roles: { member: { rooms: ['general'] } },
      ...changes,
    };
    writeFileSync(join(this.dir, 'deployment.yaml'), JSON.stringify(file));
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('It was not started.');
    return this.#daemon;
  }

  async start(config: object = { deployment: './deployment.yaml' }): Promise<void> {
    const log = pino({ level: 'debug' }, { write: (text: string) => this.#note(text) });
    const metrics = new Metrics({ version: 'test', startedAt: 0, residentBytes: () => 0 });
    this.configure(config);
    this.#daemon = await startDaemon({
      load: async () => {
        this.#reading.resolve();
        await this.#held;
        const file = { path: join(this.dir, 'bellhop.yaml'), text: JSON.stringify(this.#config) };
        return await Promise.resolve(loadConfig(file, { env: {}, cwd: '/', home: '/' }));
      },
      clock: systemClock,
      telemetry: { metrics, events: new TelemetryEvents(log, metrics) },
      version: 'test',
      command: 'test',
      runtimeDir: undefined,
    });
  }

  /** Lets the next reading of the configuration last until then; resolves when it has begun. */
  async hold(until: Promise<void>): Promise<void> {
    this.#held = until;
    this.#reading = Promise.withResolvers();
    await this.#reading.promise;
  }

  /** What the next start or reload finds. */
  configure(config: object): void {
    this.#config = {
      data_dir: './data',
      log_level: 'debug',
      listen: ['127.0.0.1:0'],
      operators: { admin: { token: 'operator-token' } },
      ...config,
    };
  }

  /** The log line of an event, the next one that was not awaited yet. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const place = this.lines.findIndex(({ msg }) => msg === name);
      const [line] = place === -1 ? [] : this.lines.splice(0, place + 1).slice(-1);
      if (line !== undefined) return line;
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
  }

  async call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://${this.daemon.addresses[0]}${path}`, {
      method,
      headers: { authorization: 'Bearer operator-token', connection: 'close' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  async checks(): Promise<{ ready: boolean; checks: Check[] }> {
    const { text } = await this.call('GET', '/readyz?verbose');
    return JSON.parse(text) as { ready: boolean; checks: Check[] };
  }

  #note(text: string): void {
    this.lines.push(JSON.parse(text) as Record<string, unknown>);
    this.#changed.resolve();
  }
}

async function openStage(): Promise<Stage> {
  const homeserver = await startFakeHomeserver();
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-deployment-'));
  const stage = new Stage(homeserver, dir);
  onTestFinished(async () => {
    await stage.daemon.stop();
    await homeserver.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  stage.write();
  return stage;
}

it('the daemon makes the rooms, and brings in whom a directory names', async () => {
  const stage = await openStage();
  await stage.start();
  await stage.event('people_round');
  const anna = stage.homeserver.createUser('anna');
  const put = await stage.call('PUT', '/v1/people/anna', { active: true });
  expect(put.status).toBe(202);
  expect(await stage.event('people_round')).toMatchObject({ worked: 1, applied: 1 });
  const shown = await stage.call('GET', '/v1/people/anna');
  expect(JSON.parse(shown.text)).toMatchObject({ state: 'applied', user_id: anna.userId });
  const { ready, checks } = await stage.checks();
  expect(ready).toBe(true);
  expect(checks).toEqual(
    expect.arrayContaining([
      { name: 'deployment', ok: true },
      { name: 'people', ok: true },
    ]),
  );
  const { text } = await stage.call('GET', '/metrics');
  expect(text).toMatch(/^bellhop_deployment_steps_total\{result="taken"\} [1-9]/m);
  expect(text).toMatch(/^bellhop_deployment_last_success_timestamp_seconds [1-9]/m);
  expect(text).toMatch(/^bellhop_people\{state="applied"\} 1$/m);
});

it('a homeserver that is away is named, and holds up neither start nor calls nor stop', async () => {
  const stage = await openStage();
  await stage.homeserver.goAway();
  await stage.start();
  await stage.event('deployment_bot_waiting');
  expect((await stage.call('PUT', '/v1/people/anna', { active: true })).status).toBe(202);
  const { ready, checks } = await stage.checks();
  expect(ready).toBe(true);
  const check = checks.find(({ name }) => name === 'deployment');
  expect(check).toMatchObject({ ok: false, detail: expect.stringContaining('unreachable') });
});

it('a reload uses another file, and keeps the old one when it has mistakes', async () => {
  const stage = await openStage();
  await stage.start();
  await stage.event('people_round');
  stage.write({ rooms: { general: { alias: 'general', topic: 5 } } });
  await stage.daemon.reload();
  await stage.event('configuration_refused');
  expect((await stage.call('GET', '/v1/people/anna')).status).toBe(404);
  stage.write({ rooms: { general: { alias: 'general', topic: 'Play', join_rule: 'invite' } } });
  await stage.daemon.reload();
  expect(await stage.event('deployment_step')).toMatchObject({ kind: 'set', key: 'general' });
  await stage.event('people_round');
  expect((await stage.checks()).checks.find(({ name }) => name === 'deployment')?.ok).toBe(true);
});

it('a reload that fails half-way has changed nothing', async () => {
  const stage = await openStage();
  const { homeserver } = stage;
  const main = homeserver.createUser('main');
  const other = homeserver.createUser('other');
  const ops = homeserver.createRoom({ creator: main.userId });
  const configOf = ({ userId, accessToken }: FakeUser, token: string) => ({
    deployment: './deployment.yaml',
    accounts: {
      main: { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken },
    },
    rooms: { ops },
    operators: { admin: { token } },
  });
  await stage.start(configOf(main, 'operator-token'));
  await stage.event('people_round');
  const db = new DatabaseSync(join(stage.dir, 'data', 'outbox.db'));
  onTestFinished(() => db.close());
  db.exec(`create trigger no_bob before insert on person when new.person_id = 'bob'
           begin select raise(abort, 'no bob'); end`);
  const members = { alice: { roles: ['member'] }, bob: { roles: ['member'] } };
  stage.write({ people: { list: members } });
  stage.configure(configOf(other, 'another-token'));
  await stage.daemon.reload();
  await stage.event('configuration_refused');
  expect((await stage.call('GET', '/v1/people/alice')).status).toBe(404);
  const userId = await stage.daemon.engine.accounts.withSession(
    'main',
    (session) => Promise.resolve(session.userId),
    AbortSignal.timeout(10_000),
  );
  expect(userId).toBe(main.userId);
  db.exec('drop trigger no_bob');
  await stage.daemon.reload();
  await stage.event('configuration_loaded');
  expect((await stage.call('GET', '/v1/people/alice')).status).toBe(401);
});

it.each([
  ['deployment', { deployment: './deployment.yaml' }],
  ['rooms', { rooms: { ops: '#ops:hs.test' } }],
])('a reload that a stop overtakes asks for no %s any more', async (_, wanted) => {
  const stage = await openStage();
  const read = Promise.withResolvers<void>();
  const { userId: user_id, accessToken: access_token } = stage.homeserver.createUser('main');
  const main = { user_id, homeserver: stage.homeserver.baseUrl, access_token };
  await stage.start({ accounts: { main } });
  await stage.event('configuration_loaded');
  const reading = stage.hold(read.promise);
  stage.configure({ accounts: { main }, ...wanted });
  const reload = stage.daemon.reload();
  await reading;
  await stage.daemon.stop();
  const { requests } = stage.homeserver;
  const before = requests.length;
  read.resolve();
  await reload;
  await stage.daemon.reload();
  const told = stage.lines.map(({ msg }) => msg);
  expect(told.filter((msg) => String(msg).startsWith('configuration_'))).toEqual([]);
  expect(requests).toHaveLength(before);
});

it('without a deployment there are no people, no checks and no numbers of it', async () => {
  const stage = await openStage();
  await stage.start({});
  const { status, text } = await stage.call('PUT', '/v1/people/anna', { active: true });
  expect(status).toBe(404);
  expect(text).toContain('No deployment is configured here.');
  const names = (await stage.checks()).checks.map(({ name }) => name);
  expect(names).not.toContain('deployment');
  const metrics = await stage.call('GET', '/metrics');
  expect(metrics.text).not.toMatch(/^bellhop_(?:deployment_last|people)/m);
});

it('a file with mistakes keeps the daemon from starting', async () => {
  const stage = await openStage();
  stage.write({ rooms: { general: { topic: 5 } } });
  await expect(stage.start()).rejects.toMatchObject({ code: 'deployment_invalid' });
  stage.write();
  await stage.start();
});
