import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load-config.ts';
import type { RoomId } from '../matrix/ids.ts';
import { TelemetryEvents } from '../telemetry/events.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { runSend } from './one-shot/run-send.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function telemetry() {
  const metrics = new Metrics({ version: 'test', startedAt: 0, residentBytes: () => 0 });
  return { metrics, events: new TelemetryEvents(pino({ level: 'silent' }), metrics) };
}

interface House {
  readonly homeserver: FakeHomeserver;
  readonly daemon: Daemon;
  readonly url: string;
  readonly roomId: RoomId;
  readonly dataDir: string;
}

async function openHouse(): Promise<House> {
  const homeserver = await startFakeHomeserver();
  cleanUps.push(async () => await homeserver[Symbol.asyncDispose]());
  const bot = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: bot.userId });
  const dataDir = mkdtempSync(join(tmpdir(), 'bellhop-daemon-'));
  cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const text = JSON.stringify({
    data_dir: dataDir,
    listen: ['127.0.0.1:0'],
    accounts: {
      main: {
        user_id: bot.userId,
        homeserver: homeserver.baseUrl,
        access_token: bot.accessToken,
      },
    },
    rooms: { ops: roomId },
    sources: { cluster: { token: 'cluster-token', room: 'ops' } },
    operators: { admin: { token: 'operator-token' } },
  });
  const daemon = await startDaemon({
    load: async () =>
      loadConfig({ path: join(dataDir, 'bellhop.yaml'), text }, { env: {}, cwd: '/', home: '/' }),
    clock: systemClock,
    telemetry: telemetry(),
    version: 'test',
    command: 'test',
    runtimeDir: undefined,
  });
  cleanUps.push(async () => await daemon.stop());
  return { homeserver, daemon, url: `http://${daemon.addresses[0]}`, roomId, dataDir };
}

async function post(url: string, body: string): Promise<Response> {
  return await fetch(`${url}/v1/notifications?wait=5s`, {
    method: 'POST',
    headers: { authorization: 'Bearer cluster-token', 'content-type': 'application/json' },
    body,
  });
}

describe('the daemon', () => {
  it('carries a request to its room', async () => {
    const { homeserver, url, roomId } = await openHouse();
    const answer = await post(url, '{"title":"Disk","body":"full"}');
    expect(answer.status).toBe(200);
    const [event] = homeserver.messages(roomId);
    expect(event?.content).toMatchObject({ body: expect.stringContaining('full') });
    expect(await answer.json()).toMatchObject({ state: 'delivered', event_id: event?.event_id });
  });

  it('takes what `send` brings to its socket, and says what it refuses', async () => {
    const { homeserver, roomId, dataDir } = await openHouse();
    const env = {
      BELLHOP_DATA_DIR: dataDir,
      BELLHOP_HOMESERVER: homeserver.baseUrl,
      BELLHOP_ACCESS_TOKEN: 'unused',
      BELLHOP_ROOM: roomId,
      XDG_CACHE_HOME: join(dataDir, 'cache'),
    };
    let out = '';
    let err = '';
    const host = {
      env,
      stdin: process.stdin,
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      cwd: () => dataDir,
      help: () => Promise.resolve(),
    };
    expect(await runSend(['--json', '--wait=5s', '--room', 'ops', 'grüße'], host)).toBe(0);
    const [event] = homeserver.messages(roomId);
    expect(event?.content).toMatchObject({ body: 'grüße' });
    expect(JSON.parse(out)).toMatchObject({ state: 'delivered', event_id: event?.event_id });
    expect(await runSend(['--room', 'nowhere', 'x'], host)).toBe(65);
    expect(err).toContain('No room "nowhere" is configured');
  });

  it('accepts while the homeserver is away, and delivers when it is back', async () => {
    const { homeserver, url, roomId, daemon } = await openHouse();
    await homeserver.goAway();
    const answer = await fetch(`${url}/v1/notifications`, {
      method: 'POST',
      headers: { authorization: 'Bearer cluster-token' },
      body: 'disk full',
    });
    expect(answer.status).toBe(202);
    await homeserver.comeBack();
    daemon.engine.dispatcher.wake();
    await homeserver.whenMessages(roomId, 1);
  });
});
