import type { LimitsConfig, ListenConfig, LogLevel, RetentionConfig, Sharing } from './config.ts';

const dayMs = 86_400_000;

/** What holds without a configuration file; a test compares it with the schema's defaults. */
export const defaults: {
  readonly listen: readonly ListenConfig[];
  readonly logLevel: LogLevel;
  readonly retention: RetentionConfig;
  readonly limits: LimitsConfig;
  readonly sharing: Sharing;
} = {
  // Only this machine: to be reached by others is for the configuration to say.
  listen: [{ address: '127.0.0.1:8480', only: undefined, tls: undefined }],
  logLevel: 'info',
  // A week answers "did it arrive?"; a month leaves time to notice and redrive what did not.
  retention: { deliveredMs: 7 * dayMs, deadMs: 30 * dayMs },
  // A body of 1 MiB is sixteen times what one event holds; the queues fit a few gigabytes of disk.
  limits: { bodyBytesMax: 1024 ** 2, queuedMax: 1_000_000, queuedPerSourceMax: 200_000 },
  // What the specification asks for (MSC4153): clients no longer show what unsigned devices say as safe.
  sharing: 'cross-signed',
};
