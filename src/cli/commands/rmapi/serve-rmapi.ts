import { resolve } from 'node:path';
import { keptManifest } from '../../../app/rmapi/kept-manifest.ts';
import { startRmapi } from '../../../app/rmapi/start-rmapi.ts';
import { systemClock } from '../../../clock.ts';
import {
  manifestPathOf,
  type RmapiConfig,
  rmapiDataDir,
  rmapiSettings,
} from '../../../config/rmapi-environment.ts';
import { readManifest } from '../../../config/rmapi-manifest.ts';
import { type ClosableLogger, openLogger } from '../../../telemetry/logger.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { type Hangups, listenToHangups } from '../serve/hangups.ts';
import { logStream } from '../serve/log-stream.ts';
import { startProcessTelemetry } from '../serve/process-telemetry.ts';
import { listenToStopSignals, type StopSignals } from '../serve/stop-signals.ts';

async function readSettings(
  { env, cwd }: CliContext,
  logLevel: string | undefined,
): Promise<RmapiConfig> {
  const manifest = await readManifest(resolve(cwd, manifestPathOf(env)));
  const kept =
    manifest === undefined ? await keptManifest(resolve(cwd, rmapiDataDir(env))) : undefined;
  const config = rmapiSettings(
    logLevel === undefined ? env : { ...env, LOG_LEVEL: logLevel },
    manifest,
    kept,
  );
  return {
    ...config,
    tokenFile: resolve(cwd, config.tokenFile),
    dataDir: resolve(cwd, config.dataDir),
  };
}

interface Run {
  /** Reads the settings as they are now. */
  readonly load: () => Promise<RmapiConfig>;
  readonly version: string;
  readonly signals: StopSignals;
  readonly hangups: Hangups;
}

async function runUntilStopped(
  config: RmapiConfig,
  log: ClosableLogger,
  { load, version, signals, hangups }: Run,
): Promise<void> {
  using telemetry = startProcessTelemetry(log, version);
  const { events } = telemetry;
  const stopped = new AbortController();
  void signals.first.then(() => stopped.abort());
  const rmapi = await startRmapi({
    config,
    clock: systemClock,
    logger: log.logger,
    events,
    version,
    signal: stopped.signal,
  });
  hangups.onEach(async () => await rmapi.reload(load));
  const signal = await signals.first;
  events.stopping({ signal });
  signals.onLater(() => void rmapi.stop());
  await rmapi.stop();
}

/**
 * Runs the drop-in until SIGTERM or SIGINT; a second one cuts. SIGHUP takes what is in its TLS files now.
 *
 * @throws Failure rmapi_invalid, cannot_listen, data_dir_owned, data_dir_unusable, storage_failed
 */
export async function serveRmapi(
  context: CliContext,
  options: GlobalOptions,
  logLevel: string | undefined,
): Promise<void> {
  const signals = listenToStopSignals(context);
  const hangups = listenToHangups(context);
  try {
    const load = async () => await readSettings(context, logLevel);
    const config = await load();
    const log = openLogger({ level: config.logLevel, stream: logStream(context, options) });
    await runUntilStopped(config, log, { load, version: context.version, signals, hangups });
  } finally {
    hangups.close();
    signals.close();
  }
}
