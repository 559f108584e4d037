import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import { TelemetryEvents } from '../../telemetry/events.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../testing/fake-homeserver.ts';
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
    const text = JSON.stringify({
      data_dir: './data',
      log_level: 'debug',
      listen: ['127.0.0.1:0'],
      operators: { admin: { token: 'operator-token' } },
      ...config,
    });
    this.#daemon = await startDaemon({
      load: async () => {
        const file = { path: join(this.dir, 'bellhop.yaml'), text };
        return await Promise.resolve(loadConfig(file, { env: {}, cwd: '/', home: '/' }));
      },
      clock: systemClock,
      telemetry: { metrics, events: new TelemetryEvents(log, metrics) },
      version: 'test',
      command: 'test',
      runtimeDir: undefined,
    });
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
