import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Failure } from '../errors.ts';
import { openCertificateZoo } from '../gateway/rmapi/certificate-zoo.contract.ts';
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
  return { metrics, events: new TelemetryEvents(pino({}, { write: () => undefined }), metrics) };
}

interface House {
  readonly homeserver: FakeHomeserver;
  readonly daemon: Daemon;
  readonly url: string;
  readonly roomId: RoomId;
  readonly dataDir: string;
}

interface Surroundings {
  /** Of the room. */
  readonly alias?: string;
  /** The homeserver is away when the daemon starts. */
  readonly isAway?: boolean;
}

async function openHouse(settings: object = {}, around: Surroundings = {}): Promise<House> {
  const homeserver = await startFakeHomeserver();
  cleanUps.push(async () => await homeserver[Symbol.asyncDispose]());
  const bot = homeserver.createUser('bot');
  const { alias, isAway = false } = around;
  const roomId = homeserver.createRoom({
    creator: bot.userId,
    ...(alias === undefined ? {} : { alias }),
  });
  if (isAway) await homeserver.goAway();
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
    ...settings,
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

/** As programs that speak Matrix send. */
async function toRoom(url: string, room: string): Promise<Response> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/txn1`;
  return await fetch(`${url}${path}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer cluster-token' },
    body: '{"msgtype":"m.text","body":"disk full"}',
  });
}

async function post(url: string, body: string): Promise<Response> {
  return await fetch(`${url}/v1/notifications?wait=5s`, {
    method: 'POST',
    headers: { authorization: 'Bearer cluster-token', 'content-type': 'application/json' },
    body,
  });
}

/** Another process on the daemon's host. */
function sendHost(homeserver: FakeHomeserver, roomId: RoomId, dataDir: string) {
  const env = {
    BELLHOP_DATA_DIR: dataDir,
    BELLHOP_HOMESERVER: homeserver.baseUrl,
    BELLHOP_ACCESS_TOKEN: homeserver.createUser('other').accessToken,
    BELLHOP_ROOM: roomId,
    XDG_CACHE_HOME: join(dataDir, 'cache'),
  };
  const send = async (...args: readonly string[]) => {
    let out = '';
    let err = '';
    const code = await runSend(args, {
      env,
      stdin: process.stdin,
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      cwd: () => dataDir,
      help: () => Promise.resolve(),
    }).catch((failure: Failure) => {
      err += failure.message;
      return failure.entry.exit;
    });
    return { code, out, err };
  };
  return { send };
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
    const host = sendHost(homeserver, roomId, dataDir);
    const { code, out } = await host.send('--json', '--wait=5s', '--room', 'ops', 'grüße');
    expect(code).toBe(0);
    const [event] = homeserver.messages(roomId);
    expect(event?.content).toMatchObject({ body: 'grüße' });
    expect(JSON.parse(out)).toMatchObject({ state: 'delivered', event_id: event?.event_id });
    const refused = await host.send('--room', 'nowhere', 'x');
    expect(refused.code).toBe(65);
    expect(refused.err).toContain('No room "nowhere" is configured');
  });

  it('recognises a `send` by its idempotency key, and so does the outbox without it', async () => {
    const { homeserver, roomId, dataDir, daemon } = await openHouse();
    const { send } = sendHost(homeserver, roomId, dataDir);
    const call = ['--json', '--room', roomId, '--idempotency-key', 'nightly-1'];
    const first = await send(...call, '--wait=5s', 'done');
    await daemon.stop();
    const second = await send(...call, 'done');
    expect(JSON.parse(second.out)).toMatchObject({ id: JSON.parse(first.out).id });
    expect((await send(...call, 'other')).code).toBe(65);
    expect(homeserver.messages(roomId)).toHaveLength(1);
  });

  it('delivers what is too long for its socket', async () => {
    const { homeserver, roomId, dataDir } = await openHouse();
    const { send } = sendHost(homeserver, roomId, dataDir);
    const { code } = await send('--wait=5s', '--room', roomId, 'long '.repeat(400_000));
    expect(code).toBe(0);
    expect(homeserver.media()).toHaveLength(1);
  });

  it('gives `send` its own reason to refuse', async () => {
    const { homeserver, roomId, dataDir } = await openHouse({ limits: { queued: 1 } });
    await homeserver.goAway();
    const { send } = sendHost(homeserver, roomId, dataDir);
    expect((await send('--room', 'ops', 'one')).code).toBe(0);
    const { code, err } = await send('--room', 'ops', 'two');
    expect(code).toBe(69);
    expect(err).toContain('as many undelivered messages as its limits allow');
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

  it('knows a room by its id before anything went there by its alias', async () => {
    const { homeserver, url, roomId, daemon } = await openHouse(
      { rooms: { ops: '#ops:hs.test' } },
      { alias: '#ops:hs.test' },
    );
    await vi.waitFor(async () => expect((await toRoom(url, roomId)).status).toBe(200));
    await homeserver.whenMessages(roomId, 1);
    expect((await toRoom(url, '!other')).status).toBe(403);
    await daemon.stop();
  });

  it('tells whoever names a room id to come back while the homeserver cannot be asked', async () => {
    const { homeserver, url, roomId } = await openHouse(
      { rooms: { ops: '#ops:hs.test' } },
      { alias: '#ops:hs.test', isAway: true },
    );
    const early = await toRoom(url, roomId);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await toRoom(url, '#none:hs.test')).status).toBe(403);
    await homeserver.comeBack();
    await vi.waitFor(async () => expect((await toRoom(url, roomId)).status).toBe(200), 10_000);
  });

  it('shows a renewed certificate after a reload', async () => {
    const zoo = await openCertificateZoo();
    cleanUps.push(async () => await zoo[Symbol.asyncDispose]());
    const authority = await zoo.authority('Test CA');
    const tls = { cert: join(zoo.dir, 'tls.crt'), key: join(zoo.dir, 'tls.key') };
    const put = async (name: string) => {
      const kept = await authority.issue(name, { subject: `/CN=${name}` });
      writeFileSync(tls.cert, kept.cert);
      writeFileSync(tls.key, kept.key);
    };
    await put('first');
    const { daemon } = await openHouse({ listen: [{ address: '127.0.0.1:0', tls }] });
    const port = Number(daemon.addresses[0]?.split(':')[1]);
    const shown = async () => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { CN: name } = socket.getPeerCertificate().subject;
      socket.destroy();
      return name;
    };
    expect(await shown()).toBe('first');
    await put('second');
    await daemon.reload();
    expect(await shown()).toBe('second');
    writeFileSync(tls.key, 'half a ke');
    await daemon.reload();
    expect(await shown()).toBe('second');
  });
});
