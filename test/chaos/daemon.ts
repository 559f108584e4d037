import { flushCompileCache } from 'node:module';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { readConfig } from '../../src/app/read-config.ts';
import { systemClock } from '../../src/clock.ts';
import type { Counts, Outbox } from '../../src/outbox/outbox.ts';
import { TelemetryEvents } from '../../src/telemetry/events.ts';
import { openLogger } from '../../src/telemetry/logger.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { FromDaemon, ToDaemon } from './daemon-message.ts';
import { sabotages } from './options.ts';
import { sabotageBy } from './sabotage.ts';

/**
 * The daemon as a process that can be killed: `node test/chaos/daemon.ts CONFIGFILE [SABOTAGE]`, forked. It loads its
 * code and waits to be told to start, so that the next life can begin as soon as the last one has ended.
 */

/** Far longer than anything a run leaves undelivered needs, waits for rate limits included. */
const settleDeadlineMs = 120_000;
/** More than the clients ever run ahead. */
const owedMax = 10_000;

function tell(message: FromDaemon): void {
  process.send?.(message);
}

async function serve(configPath: string | undefined, sabotage: string | undefined) {
  const metrics = new Metrics({ version: 'chaos', startedAt: 0, residentBytes: () => 0 });
  // Nothing a kill causes may be an error; what is one shows on standard error.
  const { logger } = openLogger({ level: 'error' });
  return await startDaemon({
    load: () => readConfig(configPath, { env: {}, cwd: process.cwd() }),
    clock: systemClock,
    telemetry: { metrics, events: new TelemetryEvents(logger, metrics) },
    version: 'chaos',
    command: 'chaos',
    runtimeDir: undefined,
    overrides: sabotageBy(sabotages.find((name) => name === sabotage)),
  });
}

async function settle(outbox: Outbox): Promise<Counts> {
  const owed = await outbox.entries({ states: ['queued', 'unknown'], limit: owedMax });
  const ids = owed.map(({ id }) => id);
  await outbox.whenSettled(ids, AbortSignal.timeout(settleDeadlineMs));
  return await outbox.counts();
}

async function obey(message: ToDaemon, args: readonly string[]): Promise<void> {
  if (message === 'start') {
    daemon = await serve(args[0], args[1]);
    // A process that is killed leaves no compiled code behind by itself.
    flushCompileCache();
    tell({ kind: 'listening', url: `http://${daemon.addresses[0]}` });
  } else if (daemon !== undefined) {
    tell({ kind: 'settled', counts: await settle(daemon.engine.outbox) });
  }
}

let daemon: Daemon | undefined;
process.on('message', (message: ToDaemon) => void obey(message, process.argv.slice(2)));
// The run is gone: nobody is left who could kill this one.
process.on('disconnect', () => process.exit(0));
tell({ kind: 'loaded' });
