import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Failure } from '../../errors.ts';
import type { RoomId } from '../../matrix/ids.ts';
import { TelemetryEvents } from '../../telemetry/events.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { type Daemon, startDaemon } from '../daemon.ts';
import { runSend } from './run-send.ts';

let homeserver: FakeHomeserver;
let one: RoomId;
let two: RoomId;
let dir: string;
let daemon: Daemon;
/** How far the daemon's clock is ahead of ours. */
let aheadMs: number;
let cleanUp: () => Promise<void>;

/** A daemon with two rooms, neither of which is the default. */
beforeEach(async () => {
  homeserver = await startFakeHomeserver();
  const { userId, accessToken } = homeserver.createUser('bot');
  one = homeserver.createRoom({ creator: userId });
  two = homeserver.createRoom({ creator: userId });
  dir = mkdtempSync(join(tmpdir(), 'bellhop-socket-'));
  const path = join(dir, 'bellhop.yaml');
  const main = { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken };
  const rooms = { one, two };
  const text = JSON.stringify({
    data_dir: dir,
    listen: ['127.0.0.1:0'],
    accounts: { main },
    rooms,
  });
  writeFileSync(path, text);
  const metrics = new Metrics({ version: 'test', startedAt: 0, residentBytes: () => 0 });
  const events = new TelemetryEvents(pino({}, { write: () => undefined }), metrics);
  aheadMs = 0;
  daemon = await startDaemon({
    load: async () => loadConfig({ path, text }, { env: {}, cwd: '/', home: '/' }),
    clock: { ...systemClock, now: () => systemClock.now() + aheadMs },
    telemetry: { metrics, events },
    version: 'test',
    command: 'test',
    runtimeDir: undefined,
  });
  cleanUp = async () => {
    await daemon.stop();
    await homeserver.stop();
    rmSync(dir, { recursive: true, force: true });
  };
});

afterEach(async () => await cleanUp());

/** `send` on the daemon's host: the failure's code and what it says, or how it ended. */
async function send(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<[code: string | number, words: string]> {
  let out = '';
  const write = (text: string): void => {
    out += text;
  };
  try {
    const code = await runSend(args, {
      env: { BELLHOP_CONFIG: join(dir, 'bellhop.yaml'), XDG_CACHE_HOME: join(dir, 'c'), ...env },
      stdin: process.stdin,
      stdout: { write },
      stderr: { write },
      cwd: () => dir,
      help: () => Promise.resolve(),
    });
    return [code, out];
  } catch (thrown) {
    const { code, detail, problems } = thrown as Failure;
    return [code, detail ?? problems.join('\n')];
  }
}

it('a room that nobody named is asked for in the words of the command', async () => {
  expect(await send(['x'])).toEqual(['usage', 'Name a room with --room, or set BELLHOP_ROOM.']);
});

it('BELLHOP_ROOM of whoever sends counts, whatever the daemon was started with', async () => {
  const [code] = await send(['--wait=5s', 'x'], { BELLHOP_ROOM: 'two' });
  expect(code).toBe(0);
  expect((await send(['--wait=5s', 'y'], { BELLHOP_ROOM: two }))[0]).toBe(0);
  expect(homeserver.messages(two)).toHaveLength(2);
  const [, named] = await send(['--wait=5s', '--room', 'one', 'z'], { BELLHOP_ROOM: 'two' });
  expect(named).toContain('delivered');
  expect(homeserver.messages(one)).toHaveLength(1);
});

it('what the daemon refuses is told by the names of the options', async () => {
  const long = 'x'.repeat(2000);
  const [code, words] = await send(['--room', 'one', '--link', 'no', '--title', long, 'x']);
  expect(code).toBe('bad_input');
  expect(words).toMatch(/^--title: .*\n--link: expected an http/);
  expect((await send(['--room', 'one', '--mention', 'bob', 'x']))[1]).toMatch(/^--mention: /);
});

it('an empty text is told as such', async () => {
  const [code, words] = await send(['--room', 'one', '']);
  expect([code, words]).toEqual(['bad_input', expect.stringContaining('The text is empty')]);
});

it('what expired while it was waited for is told as dead, as it is without a daemon', async () => {
  await homeserver.goAway();
  const sent = send(['--room', 'one', '--expire-after', '1h', '--wait=15s', '--json', 'x']);
  const { dispatcher } = daemon.engine;
  await vi.waitFor(() => expect(dispatcher.waitingLanes()).toBe(1));
  aheadMs = 2 * 60 * 60_000;
  await homeserver.comeBack();
  dispatcher.wake();
  const [code, words] = await sent;
  expect(code).toBe(77);
  expect(JSON.parse(words)).toMatchObject({
    state: 'dead',
    error: 'It expired before it could be delivered.',
  });
  expect(homeserver.messages(one)).toEqual([]);
});

it('what a key names is told as it stands, and not only whether it was kept', async () => {
  const call = ['--room', 'one', '--idempotency-key', 'k', 'x'];
  await send(['--wait=5s', ...call]);
  expect(await send(call)).toEqual([0, expect.stringMatching(/^delivered \$/)]);
});
