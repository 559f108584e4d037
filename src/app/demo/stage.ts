import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { RoomAlias, RoomId } from '../../matrix/ids.ts';
import { TelemetryEvents } from '../../telemetry/events.ts';
import { openLogger } from '../../telemetry/logger.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../../testing/fake-homeserver.ts';
import { type Daemon, startDaemon } from '../daemon.ts';

const serverName = 'demo.example';

/** The rooms of the demo, by their configured names. */
export interface DemoRooms {
  readonly ops: RoomId;
  readonly network: RoomId;
}

/** Everything the demo plays on, in one temporary directory and on two ports of this host. */
export interface Stage extends AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly daemon: Daemon;
  /** Where the daemon listens, `http://127.0.0.1:port`. */
  readonly url: string;
  readonly rooms: DemoRooms;
  /** Where its files are, until it is disposed of. */
  readonly dataDir: string;
}

/** What the senders of the demo show; they open nothing but the demo. */
export const demoTokens = {
  cluster: 'cluster-token',
  router: 'router-token',
  scripts: 'scripts-token',
} as const;

const aliasOf = (name: string): RoomAlias => `#${name}:${serverName}` as RoomAlias;

function settings(
  homeserver: FakeHomeserver,
  bot: FakeUser,
  rooms: DemoRooms,
  dataDir: string,
): string {
  return JSON.stringify({
    data_dir: dataDir,
    listen: ['127.0.0.1:0'],
    accounts: {
      main: {
        user_id: bot.userId,
        homeserver: homeserver.baseUrl,
        access_token: bot.accessToken,
      },
    },
    // By its id: a router knows no aliases, and names the room in its path.
    rooms: { ops: aliasOf('ops'), network: rooms.network },
    sources: {
      cluster: { format: 'alertmanager', token: demoTokens.cluster, room: 'ops' },
      router: { format: 'matrix', token: demoTokens.router, room: 'network' },
      scripts: { token: demoTokens.scripts, room: 'ops' },
    },
  });
}

async function openDaemon(text: string, dataDir: string): Promise<Daemon> {
  const { logger } = openLogger({ level: 'error', stream: { write: () => undefined } });
  const metrics = new Metrics({ version: 'demo', startedAt: 0, residentBytes: () => 0 });
  const file = { path: join(dataDir, 'bellhop.yaml'), text };
  return await startDaemon({
    load: async () => loadConfig(file, { env: {}, cwd: dataDir, home: dataDir }),
    clock: systemClock,
    telemetry: { metrics, events: new TelemetryEvents(logger, metrics) },
    version: 'demo',
    command: 'bellhop demo',
    runtimeDir: undefined,
  });
}

/** Sets everything up; disposing of it leaves neither a listener nor a file. */
export async function openStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'bellhop-demo-'));
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const homeserver = opened.use(await startFakeHomeserver({ serverName }));
  const bot = homeserver.createUser('bellhop');
  const createRoom = (name: string) =>
    homeserver.createRoom({ creator: bot.userId, alias: aliasOf(name), name });
  const rooms = { ops: createRoom('ops'), network: createRoom('network') };
  const daemon = await openDaemon(settings(homeserver, bot, rooms, dataDir), dataDir);
  opened.defer(async () => await daemon.stop());
  const kept = opened.move();
  return {
    homeserver,
    daemon,
    url: `http://${daemon.addresses[0]}`,
    rooms,
    dataDir,
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}
