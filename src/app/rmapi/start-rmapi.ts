import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { RmapiConfig } from '../../config/rmapi-environment.ts';
import { Failure } from '../../errors.ts';
import { openRmapiServer, type RmapiServer } from '../../gateway/rmapi/open-rmapi-server.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts';
import type { SqliteStore } from '../../store/sqlite/sqlite-store.ts';
import type { TelemetryEvents } from '../../telemetry/events.ts';
import { DeploymentKeeper } from '../deployment/deployment-keeper.ts';
import { thisProcess } from '../this-process.ts';
import { keepManifest } from './kept-manifest.ts';
import { reloadRmapi } from './reload-rmapi.ts';
import { rmapiDeployment } from './rmapi-deployment.ts';
import { RmapiLog } from './rmapi-log.ts';
import { rmapiReadiness } from './rmapi-readiness.ts';
import { takeTurn } from './take-turn.ts';

/** Calls are answered within 2.5 s; with all else this is below the 10 s that Docker waits. */
const drainMsMax = 5_000;

/** The drop-in carries no messages, so nothing ever stands in its outbox. */
const noMessages = { queued: 1, queuedPerSource: 1 };

export interface RmapiOptions {
  /** Its paths are absolute. */
  readonly config: RmapiConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: TelemetryEvents;
  readonly version: string;
  /** Ends the wait for a predecessor. */
  readonly signal: AbortSignal;
}

/** The drop-in for python-matrix-rmapi, running. */
export interface Rmapi {
  /** `host:port`, with the real port in place of 0. */
  readonly address: string;
  /** Where health alone is told; undefined: nowhere. */
  readonly healthAddress: string | undefined;
  /**
   * Takes what is in the TLS files now, and tells whether the settings are still those it was started with: they count at
   * a start only. It never rejects.
   */
  reload(load: () => Promise<RmapiConfig>): Promise<void>;
  /** Takes no more calls, answers those under way, and closes. A second call cuts. */
  stop(): Promise<void>;
}

/** What is open, and closed in reverse: by whoever fails to open the rest, or at the end. */
type Opened = Pick<AsyncDisposableStack, 'defer'>;

async function openStore(
  { config, clock, signal }: RmapiOptions,
  log: RmapiLog,
  opened: Opened,
): Promise<SqliteStore> {
  const dir = openDataDir(config.dataDir);
  const onWait = (detail: string): void => log.waitsForOwner(detail);
  const ownership = await takeTurn(dir, thisProcess('bellhop rmapi', clock), {
    clock,
    signal,
    onWait,
  });
  opened.defer(() => ownership.release());
  if (config.manifest !== undefined) {
    const keeping = keepManifest(config.dataDir, config.manifest);
    await keeping.catch((cause: unknown) => log.manifestNotKept(cause));
  }
  const store = await openSqliteStore({ file: join(dir, 'outbox.db'), limits: noMessages, clock });
  opened.defer(async () => await store.close());
  return store;
}

function tellMissingManifest(
  { missingManifest, door: { deployment }, serverName }: RmapiConfig,
  log: RmapiLog,
): void {
  if (missingManifest !== undefined) {
    log.manifestMissing({ ...missingManifest, deployment, serverName });
  }
}

async function openDoor(
  options: RmapiOptions,
  log: RmapiLog,
  opened: Opened,
): Promise<RmapiServer> {
  const { config, clock, events, version } = options;
  const file = rmapiDeployment(config);
  tellMissingManifest(config, log);
  const store = await openStore(options, log, opened);
  const keeper = new DeploymentKeeper({
    ledger: store.people,
    clock,
    events: events.deployment,
    intervalMs: config.reconcileMs,
  });
  opened.defer(async () => await keeper.close());
  await keeper.use(file);
  const { people } = keeper;
  if (people === undefined) throw new Failure('bug', { detail: 'A deployment has no people.' });
  return await openRmapiServer({
    settings: config.door,
    people,
    clock,
    events: log,
    readiness: async () => await rmapiReadiness(store, keeper.report, config.missingManifest),
    version,
  });
}

/**
 * Starts the drop-in: it answers at once, whether or not Synapse is there, and sets up rooms and people whenever it is.
 *
 * @throws Failure rmapi_invalid, cannot_listen, data_dir_owned, data_dir_unusable, storage_failed
 */
export async function startRmapi(options: RmapiOptions): Promise<Rmapi> {
  const { config, events, logger, version } = options;
  await using opening = new AsyncDisposableStack();
  const log = new RmapiLog(logger, events);
  const server = await openDoor(options, log, opening);
  events.started({ version, dataDir: config.dataDir });
  const { address, healthAddress } = server;
  for (const open of [address, healthAddress]) {
    if (open !== undefined) events.listening({ address: open });
  }
  const opened = opening.move();
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await server.close(drainMsMax);
    await opened.disposeAsync();
  };
  return {
    address,
    healthAddress,
    reload: async (load) => await reloadRmapi({ server, log, config }, load),
    async stop() {
      if (stopping === undefined) stopping = stop();
      else await server.close(0);
      await stopping;
    },
  };
}
