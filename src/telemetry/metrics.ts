import { Gauge, Histogram, Registry } from 'prom-client';
import { DeploymentMetrics } from './deployment-metrics.ts';
import { EncryptionMetrics, type IdentityGauge } from './encryption-metrics.ts';
import { Tally } from './tally.ts';

/** What the outbox holds at the moment of a scrape. */
export interface OutboxGauges {
  readonly states: readonly { readonly state: string; readonly count: number }[];
  /** How long the oldest entry still owed has been waiting, in seconds; 0: nothing is owed. */
  readonly oldestSeconds: number;
}

/** From accept to delivery: a healthy homeserver takes tens of milliseconds, an outage lasts hours. */
const deliverySecondsBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3600];

export interface MetricsOptions {
  readonly version: string;
  /** When this process started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Resident memory of this process. */
  residentBytes(): number;
}

/** Every counter and gauge of one process, in a registry of its own; the names are listed in docs/reference/metrics.md. */
export class Metrics {
  readonly #registry: Registry = new Registry();
  /** By source, format and result. */
  readonly received: Tally;
  /** By the state that an entry ended in. */
  readonly deliveries: Tally;
  /** By the kind of outcome of each single attempt. */
  readonly attempts: Tally;
  readonly rateLimitedSeconds: Tally;
  /** By what a lane began to wait for. */
  readonly laneWaits: Tally;
  /** Requests that ended in an unexpected error. */
  readonly incidents: Tally;
  readonly encryption: EncryptionMetrics;
  readonly deployment: DeploymentMetrics;
  readonly #deliverySeconds: Histogram;
  readonly #outboxMessages: Gauge;
  readonly #outboxOldestSeconds: Gauge;
  readonly #reloadSuccessful: Gauge;
  readonly #reloadSuccessSeconds: Gauge;

  constructor(options: MetricsOptions) {
    const registry = this.#registry;
    const registers = [registry];
    const tally = (name: string, help: string, labels: string[], initial?: string[][]): Tally =>
      new Tally({ name, help, labels, registry, initial });
    this.received = tally(
      'bellhop_notifications_received_total',
      'Calls that brought a notification, by what became of them.',
      ['source', 'format', 'result'],
    );
    this.deliveries = tally(
      'bellhop_deliveries_total',
      'Outbox entries that reached their end.',
      ['result'],
      [['delivered'], ['dead'], ['expired']],
    );
    this.attempts = tally(
      'bellhop_delivery_attempts_total',
      'Single attempts to deliver, by outcome.',
      ['outcome'],
      [['delivered']],
    );
    this.rateLimitedSeconds = tally(
      'bellhop_matrix_rate_limited_seconds_total',
      'Seconds that homeservers told accounts to wait.',
      [],
      [[]],
    );
    this.laneWaits = tally('bellhop_lane_waits_total', 'Times a lane began to wait.', ['for']);
    this.incidents = tally('bellhop_incidents_total', 'Unexpected errors.', [], [[]]);

    this.encryption = new EncryptionMetrics(registry);
    this.deployment = new DeploymentMetrics(registry);
    const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
      new Gauge({ name, help, labelNames, registers });
    gauge('bellhop_build_info', 'The running version.', ['version']).set(
      { version: options.version },
      1,
    );
    gauge('process_start_time_seconds', 'When the process started.').set(options.startedAt / 1000);
    gaugeOfMemory(registry, options.residentBytes);
    this.#deliverySeconds = new Histogram({
      name: 'bellhop_delivery_duration_seconds',
      help: 'From accept to delivery.',
      buckets: deliverySecondsBuckets,
      registers,
    });
    this.#outboxMessages = gauge('bellhop_outbox_messages', 'Outbox entries by state.', ['state']);
    this.#outboxOldestSeconds = gauge(
      'bellhop_outbox_oldest_seconds',
      'How long the oldest entry still owed has been waiting.',
    );
    this.#reloadSuccessful = gauge(
      'bellhop_config_last_reload_successful',
      'Whether the last reading of the configuration worked.',
    );
    this.#reloadSuccessSeconds = gauge(
      'bellhop_config_last_reload_success_timestamp_seconds',
      'When the configuration was last read successfully.',
    );
  }

  delivered(ageMs: number): void {
    this.#deliverySeconds.observe(ageMs / 1000);
  }

  /** @param at - when, in milliseconds since 1970 */
  reloaded(successful: boolean, at: number): void {
    this.#reloadSuccessful.set(successful ? 1 : 0);
    if (successful) this.#reloadSuccessSeconds.set(at / 1000);
  }

  /** Everything in the Prometheus text format, version 0.0.4. */
  async text(outbox: OutboxGauges, identities: readonly IdentityGauge[]): Promise<string> {
    this.#outboxMessages.reset();
    for (const { state, count } of outbox.states) this.#outboxMessages.set({ state }, count);
    this.#outboxOldestSeconds.set(outbox.oldestSeconds);
    this.encryption.show(identities);
    return await this.#registry.metrics();
  }
}

/** The one process metric that says whether a flood is bounded; the others cost more than they tell. */
function gaugeOfMemory(registry: Registry, residentBytes: () => number): void {
  const gauge: Gauge = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers: [registry],
    collect: () => gauge.set(residentBytes()),
  });
}
