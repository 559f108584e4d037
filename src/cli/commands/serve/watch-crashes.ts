import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { catalogue } from '../../../errors.ts';
import type { TelemetryEvents } from '../../../telemetry/events.ts';

/**
 * Ends the process with exit code 70 at the first error that nobody caught, after it was logged: what is acknowledged is
 * on disk, and a process in an unknown state must not go on. The returned function ends the watch.
 */
export function watchCrashes(
  events: Pick<TelemetryEvents, 'incident'>,
  flush: () => void,
): () => void {
  const crash = (cause: unknown): void => {
    events.incident({ incidentId: randomUUID(), route: 'process', cause });
    flush();
    process.exit(catalogue.bug.exit);
  };
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', crash);
  return () => process.off('uncaughtException', crash);
}
