import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { readSecrets } from '../config/read-secrets.ts';
import type { Secret } from '../config/secret.ts';
import { Failure } from '../errors.ts';
import { type Gateway, openGateway } from '../gateway/gateway.ts';
import { type ListenerOptions, requireUsableCertificate } from '../gateway/listener.ts';
import type { TelemetryEvents } from '../telemetry/events.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { CurrentSettings } from './current-settings.ts';
import { DeploymentKeeper } from './deployment/deployment-keeper.ts';
import { deploymentReadiness } from './deployment/deployment-readiness.ts';
import { type DeploymentFile, readDeploymentFile } from './deployment/read-deployment-file.ts';
import { type Engine, type Overrides, openEngine } from './engine.ts';
import { keptSecret } from './kept-secret.ts';
import { localSocketPath } from './local-socket.ts';
import { readListeners } from './read-listeners.ts';
import { readiness } from './readiness.ts';
import { Reloads } from './reloads.ts';

/** How long requests under way may take to end after SIGTERM, in milliseconds; below systemd's and Docker's patience. */
const drainMsMax = 8_000;

/** Rooms and people are as they are to be within a minute of whatever happened: this, and as long again for the rest. */
const reconcileEveryMs = 30_000;

export interface DaemonOptions {
  /** Reads the configuration; again at each reload. @throws Failure */
  load(): Promise<Config>;
  readonly clock: Clock;
  readonly telemetry: { readonly events: TelemetryEvents; readonly metrics: Metrics };
  readonly version: string;
  /** What it calls itself as the owner of the data directory. */
  readonly command: string;
  /** The directory of the local socket, `$RUNTIME_DIRECTORY`; undefined: the data directory. */
  readonly runtimeDir: string | undefined;
  readonly overrides?: Overrides | undefined;
}

/** Gateway and delivery, and what looks after the deployment, running. */
export interface Daemon {
  readonly engine: Engine;
  /** Where it listens, as `host:port` or `unix:PATH`. */
  readonly addresses: readonly string[];
  /**
   * Reads the configuration again and uses it as a whole; on an error the old one stays. Whatever waits is tried at once.
   * One reload follows the other; one that a stop overtakes changes nothing.
   */
  reload(): Promise<void>;
  /** Stops accepting, answers what is under way, lets deliveries end, and closes. A second call cuts all of it. */
  stop(): Promise<void>;
}

async function outboxMetrics(engine: Engine, metrics: Metrics, clock: Clock): Promise<string> {
  const { entries, oldestPendingAt } = await engine.outbox.counts();
  const states = new Map<string, number>();
  for (const { state, count } of entries) states.set(state, (states.get(state) ?? 0) + count);
  const oldestMs = oldestPendingAt === undefined ? 0 : Math.max(0, clock.now() - oldestPendingAt);
  const gauges = {
    states: [...states].map(([state, count]) => ({ state, count })),
    oldestSeconds: oldestMs / 1_000,
  };
  return await metrics.text(gauges, engine.encryption.reports());
}

/** What stands behind the door. */
interface House {
  readonly engine: Engine;
  readonly keeper: DeploymentKeeper;
}

/** The deployment file that a configuration names; undefined: none. @throws Failure config_missing, config_invalid */
async function deploymentOf({ deploymentPath }: Config): Promise<DeploymentFile | undefined> {
  if (deploymentPath === undefined) return undefined;
  return await readDeploymentFile(deploymentPath, {
    env: process.env,
    cwd: dirname(deploymentPath),
  });
}

async function composeGateway(
  options: DaemonOptions,
  { engine, keeper }: House,
  current: CurrentSettings,
): Promise<{ gateway: Gateway; addresses: readonly string[] }> {
  const { clock, telemetry, version } = options;
  const { dataDir, listen } = current.config;
  const gateway = await openGateway({
    outbox: engine.outbox,
    get people() {
      return keeper.people;
    },
    current: () => current.settings,
    clock,
    ids: engine.ids,
    events: telemetry.events,
    randomBytes,
    facadeKey: keptSecret(join(dataDir, 'facade.key')),
    readiness: async () => {
      const { ready, checks } = await readiness(engine);
      return { ready, checks: [...checks, ...deploymentReadiness(keeper.report)] };
    },
    metrics: async () => await outboxMetrics(engine, telemetry.metrics, clock),
    wake: () => {
      engine.accounts.reload();
      engine.sender.refresh();
      engine.encryption.wake();
      engine.dispatcher.wake();
      keeper.wake();
    },
    version,
  });
  try {
    const local = localSocketPath(options.runtimeDir ?? dataDir);
    const listeners = [...readListeners(listen), { address: `unix:${local}`, local: true }];
    return { gateway, addresses: await gateway.listen(listeners) };
  } catch (error) {
    await gateway.drain(0);
    throw error;
  }
}

/** The gateway, and the settings it looks at. */
interface Door {
  readonly gateway: Gateway;
  readonly addresses: readonly string[];
  readonly current: CurrentSettings;
}

async function openDoor(options: DaemonOptions, house: House, config: Config): Promise<Door> {
  const secrets = await readSecrets(config);
  const current = await CurrentSettings.open(house.engine, secrets, options.clock);
  try {
    await house.keeper.use(await deploymentOf(config));
    return { current, ...(await composeGateway(options, house, current)) };
  } catch (error) {
    current.close();
    throw error;
  }
}

/** Stops in two steps, the door first; asked a second time, it cuts whichever step it is at, and the next. */
function stoppable(
  { engine, keeper }: House,
  { gateway, current }: Door,
  reloads: Pick<Reloads<unknown>, 'end'>,
): () => Promise<void> {
  let step: 'running' | 'draining' | 'closing' | 'closed' = 'running';
  let patienceMs = drainMsMax;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await using closing = new AsyncDisposableStack();
    closing.defer(() => {
      step = 'closed';
    });
    closing.defer(async () => await engine.close(patienceMs));
    closing.defer(async () => await keeper.close());
    step = 'draining';
    const unchanging = reloads.end();
    current.close();
    await gateway.drain(patienceMs);
    step = 'closing';
    await unchanging;
  };
  return async () => {
    if (stopping === undefined) {
      stopping = stop();
    } else {
      patienceMs = 0;
      if (step === 'draining') await gateway.drain(0);
      if (step === 'closing') await engine.dispatcher.stop(0);
    }
    await stopping;
  };
}

/** What is read once: open files and sockets, and bounds that the store was opened with. */
const fixedSettings = ['dataDir', 'listen', 'limits'] as const;

function changedFixedSettings(before: Config<unknown>, after: Config<unknown>): string[] {
  return fixedSettings.filter((key) => !isDeepStrictEqual(before[key], after[key]));
}

/** A file that is just being written may be empty: nobody asks a daemon that works to serve nobody. */
function refuseEmpty(running: Config<unknown>, next: Config<unknown>): void {
  const isEmpty = (config: Config<unknown>) => config.accounts.size + config.sources.size === 0;
  if (!isEmpty(next) || isEmpty(running)) return;
  const problem = 'configuration: has neither accounts nor sources, and the one that runs has';
  throw new Failure('config_invalid', { problems: [problem] });
}

/** What a reload has read: all that has to be in order before anything changes. */
interface Wanted {
  readonly config: Config;
  readonly secrets: Config<Secret>;
  readonly listeners: readonly ListenerOptions[];
  readonly deployment: DeploymentFile | undefined;
}

async function readWanted(options: DaemonOptions, running: Config<Secret>): Promise<Wanted> {
  const config = await options.load();
  refuseEmpty(running, config);
  const listeners = readListeners(config.listen);
  for (const listener of listeners) requireUsableCertificate(listener);
  const secrets = await readSecrets(config);
  return { config, secrets, listeners, deployment: await deploymentOf(config) };
}

function reloadsOf(
  options: DaemonOptions,
  { engine, keeper }: House,
  { gateway, current }: Door,
): Reloads<Wanted> {
  const { clock, telemetry } = options;
  const { events } = telemetry;
  const started = current.config;
  return new Reloads<Wanted>({
    read: async () => await readWanted(options, current.config),
    async change({ config, secrets, listeners, deployment }) {
      // The last that may refuse: what follows only takes the place of what was there.
      await keeper.use(deployment);
      gateway.renewCertificates(listeners);
      await engine.reconfigure(config);
      await current.use(secrets);
      events.logAt(config.logLevel);
      const changed = changedFixedSettings(started, config);
      if (changed.length > 0) events.restartNeeded(changed);
      events.configurationLoaded(clock.now());
    },
    refused: (error) => events.configurationRefused(clock.now(), error),
  });
}

/** Starts the daemon; it accepts at once, whether or not a homeserver is there. @throws Failure */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { clock, telemetry, version, command, overrides } = options;
  const { events } = telemetry;
  const config = await options.load();
  await using opened = new AsyncDisposableStack();
  const engine = await openEngine({ config, clock, events, command, overrides });
  opened.defer(async () => await engine.close(0));
  const keeper = new DeploymentKeeper({
    ledger: engine.store.people,
    clock,
    events: events.deployment,
    intervalMs: reconcileEveryMs,
  });
  opened.defer(async () => await keeper.close());
  const house = { engine, keeper };
  const door = await openDoor(options, house, config);
  opened.move();
  events.started({ version, dataDir: config.dataDir });
  events.configurationLoaded(clock.now());
  const reloads = reloadsOf(options, house, door);
  return {
    engine,
    addresses: door.addresses,
    reload: async () => await reloads.run(),
    stop: stoppable(house, door, reloads),
  };
}
