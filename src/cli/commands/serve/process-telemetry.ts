import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { TelemetryEvents } from '../../../telemetry/events.ts';
import type { ClosableLogger } from '../../../telemetry/logger.ts';
import { Metrics } from '../../../telemetry/metrics.ts';
import { watchCrashes } from './watch-crashes.ts';

/** What a process that stays says of itself; to dispose of it writes out what was logged. */
export interface ProcessTelemetry extends Disposable {
  readonly events: TelemetryEvents;
  readonly metrics: Metrics;
}

/** Starts it for this process, and logs an error that nobody caught as its last word. */
export function startProcessTelemetry(log: ClosableLogger, version: string): ProcessTelemetry {
  const metrics = new Metrics({
    version,
    startedAt: systemClock.now(),
    residentBytes: () => process.memoryUsage.rss(),
  });
  const events = new TelemetryEvents(log.logger, metrics);
  const endCrashWatch = watchCrashes(events, log.flush);
  return {
    events,
    metrics,
    [Symbol.dispose]: () => {
      endCrashWatch();
      log.flush();
    },
  };
}
