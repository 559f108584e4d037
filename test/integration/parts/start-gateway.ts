import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { type Daemon, startDaemon } from '../../../src/app/daemon.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { EntryView } from '../../../src/outbox/entry.ts';
import { TelemetryEvents } from '../../../src/telemetry/events.ts';
import { openLogger } from '../../../src/telemetry/logger.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { type Answer, type CallOptions, call } from './call.ts';
import { LogLines } from './log-lines.ts';

/** More than any test sends. */
const entriesMax = 10_000;
/** How long a test waits for everything it sent to be settled. */
const settleDeadlineMs = 50_000;

/** The tokens of every gateway here. */
export const sourceToken = 'token-of-the-source';
export const operatorToken = 'token-of-the-operator';

/** A configuration, as the file has it; what is left out gets a value for tests. */
export interface GatewayConfig {
  readonly accounts: Readonly<Record<string, object>>;
  readonly rooms: Readonly<Record<string, string | object>>;
  /** Default: one, `scripts`, that may name every room and whose own room is the first. */
  readonly sources?: Readonly<Record<string, object>>;
  readonly limits?: object;
}

/** A daemon in this process, reached as its callers reach it: over HTTP. */
export class RunningGateway implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly log: LogLines;
  readonly dataDir: string;
  /** Without a trailing slash. */
  readonly url: string;

  constructor(daemon: Daemon, log: LogLines, dataDir: string) {
    this.daemon = daemon;
    this.log = log;
    this.dataDir = dataDir;
    this.url = `http://${daemon.addresses[0]}`;
  }

  /** With the source's token unless another is named. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return await call(method, this.url + path, { token: sourceToken, ...options });
  }

  /** Submits a notification and waits for its end, or for half a minute. */
  async notify(notification: string | object): Promise<Answer> {
    const body = typeof notification === 'string' ? { body: notification } : notification;
    return await this.call('POST', '/v1/notifications?wait=30s', { body });
  }

  /** Resolves once an entry that is owed waits for something whose words contain `words`. */
  async waits(words: string): Promise<void> {
    const { outbox } = this.daemon.engine;
    await vi.waitFor(
      async () => {
        const owed = await outbox.entries({ states: ['queued'], limit: entriesMax });
        expect(owed.map(({ laneWaits }) => laneWaits).join()).toContain(words);
      },
      { timeout: settleDeadlineMs },
    );
  }

  /** Tries at once whatever waits, as `bellhop outbox wake` does. */
  async wake(): Promise<void> {
    await this.call('POST', '/v1/wake', { token: operatorToken });
  }

  /** All entries, oldest first, once nothing is owed. @throws Error when something still is after a while */
  async settled(): Promise<readonly EntryView[]> {
    const { outbox } = this.daemon.engine;
    const owed = await outbox.entries({ states: ['queued', 'unknown'], limit: entriesMax });
    const ids = owed.map(({ id }) => id);
    const ends = await outbox.whenSettled(ids, AbortSignal.timeout(settleDeadlineMs));
    const open = ends.filter(({ state }) => state === 'queued' || state === 'unknown');
    if (open.length > 0)
      throw new Error(`${open.length} entries are owed: ${JSON.stringify(open)}`);
    const all = await outbox.entries({ limit: entriesMax });
    return all.toSorted((one, other) => one.createdAt - other.createdAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export interface GatewayOptions {
  /** Where an earlier gateway kept what it owes; default: a new one. */
  readonly dataDir?: string;
  readonly clock?: Clock;
}

/** Starts one. Open it with `await using`; its data go with it. */
export async function startGateway(
  config: GatewayConfig,
  { dataDir, clock = systemClock }: GatewayOptions = {},
): Promise<RunningGateway> {
  const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'bellhop-integration-')));
  const { accounts, rooms, limits, sources = allRooms(rooms) } = config;
  const text = JSON.stringify({
    data_dir: dir,
    listen: ['127.0.0.1:0'],
    accounts,
    rooms,
    sources,
    operators: { admin: { token: operatorToken } },
    ...(limits === undefined ? {} : { limits }),
  });
  const log = new LogLines();
  const { logger } = openLogger({ level: 'debug', stream: log });
  const metrics = new Metrics({ version: 'test', startedAt: 0, residentBytes: () => 0 });
  const daemon = await startDaemon({
    load: async () =>
      await Promise.resolve(
        loadConfig({ path: join(dir, 'bellhop.yaml'), text }, { env: {}, cwd: dir, home: dir }),
      ),
    clock,
    telemetry: { metrics, events: new TelemetryEvents(logger, metrics) },
    version: 'test',
    command: 'test',
    runtimeDir: undefined,
  });
  return new RunningGateway(daemon, log, dir);
}

function allRooms(rooms: GatewayConfig['rooms']): Readonly<Record<string, object>> {
  const names = Object.keys(rooms);
  return { scripts: { token: sourceToken, room: names[0], allow: names } };
}
