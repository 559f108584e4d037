import { type Daemon, startDaemon } from '../../../app/daemon.ts';
import { requireConfiguration } from '../../../app/require-configuration.ts';
import { openServiceNotifier, type ServiceNotifier } from '../../../app/service-notifier.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/config.ts';
import type { TelemetryEvents } from '../../../telemetry/events.ts';
import { openLogger } from '../../../telemetry/logger.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { type OpenedConfig, openConfig } from '../../open-config.ts';
import { type Hangups, listenToHangups } from './hangups.ts';
import { logStream } from './log-stream.ts';
import { startProcessTelemetry } from './process-telemetry.ts';
import { listenToStopSignals, type StopSignals } from './stop-signals.ts';

async function firstConfig(context: CliContext, options: GlobalOptions): Promise<OpenedConfig> {
  const opened = await openConfig(context, options);
  requireConfiguration(opened.path, opened.config);
  return opened;
}

/** Reads the configuration anew each time but the first; standard input can be read only once, so that one stays. */
function configLoader(
  context: CliContext,
  options: GlobalOptions,
  first: OpenedConfig,
): () => Promise<Config> {
  const { path } = first;
  // Whoever takes the file away has not asked for another one, or for none.
  const sameFile = path === undefined ? options : { ...options, config: path };
  let isFirst = true;
  return async () => {
    if (isFirst || path === '-') {
      isFirst = false;
      return first.config;
    }
    return (await openConfig(context, sameFile)).config;
  };
}

/** Reloads at each SIGHUP and tells the supervisor, until the returned function is called; after it they say nothing. */
function reloadOnHangup(hangups: Hangups, daemon: Daemon, service: ServiceNotifier): () => void {
  const stop = new AbortController();
  const isStopping = () => stop.signal.aborted;
  hangups.onEach(async () => {
    if (isStopping()) return;
    service.reloading();
    await daemon.reload();
    // Whoever stops is not ready again.
    if (!isStopping()) service.ready();
  });
  return () => stop.abort();
}

/** The signals that a daemon hears. */
interface Signals {
  readonly stops: StopSignals;
  readonly hangups: Hangups;
}

async function runUntilStopped(
  context: CliContext,
  daemon: Daemon,
  { stops, hangups }: Signals,
  events: TelemetryEvents,
): Promise<void> {
  const service = openServiceNotifier(context.env);
  service.ready();
  const endReloads = reloadOnHangup(hangups, daemon, service);
  const signal = await stops.first;
  endReloads();
  events.stopping({ signal });
  service.stopping();
  stops.onLater(() => void daemon.stop());
  await daemon.stop();
  service.close();
}

/**
 * Runs gateway and delivery until SIGTERM or SIGINT; a second one cuts. SIGHUP reloads.
 *
 * @throws Failure config_invalid, config_missing, secret_unreadable, cannot_listen, data_dir_owned, data_dir_unusable,
 * storage_failed
 */
export async function serve(context: CliContext, options: GlobalOptions): Promise<void> {
  const stops = listenToStopSignals(context);
  const hangups = listenToHangups(context);
  try {
    const first = await firstConfig(context, options);
    const log = openLogger({ level: first.config.logLevel, stream: logStream(context, options) });
    const { version } = context;
    using telemetry = startProcessTelemetry(log, version);
    const daemon = await startDaemon({
      load: configLoader(context, options, first),
      clock: systemClock,
      telemetry,
      version,
      command: 'bellhop serve',
      // systemd gives several directories with colons between them; the first is ours.
      runtimeDir: context.env['RUNTIME_DIRECTORY']?.split(':')[0] || undefined,
    });
    await runUntilStopped(context, daemon, { stops, hangups }, telemetry.events);
  } finally {
    hangups.close();
    stops.close();
  }
}
