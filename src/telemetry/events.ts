import type { Logger } from 'pino';
import { Failure } from '../errors.ts';
import { DeploymentTelemetry } from './deployment-telemetry.ts';
import type { LogLevel } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** A lane as log lines name it. Rooms appear in logs, never in a label. */
interface LaneFields {
  readonly account: string;
  readonly room: string;
}

/**
 * Every business event: one function each, which writes the log line and adds to the counter. It satisfies the listeners
 * that gateway and delivery declare. Levels: `error` a person must act, `warn` it will be tried again, `info` something
 * changed, `debug` the rest.
 */
export class TelemetryEvents {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly deployment: DeploymentTelemetry;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.deployment = new DeploymentTelemetry(logger, metrics.deployment);
  }

  received(arrival: {
    readonly source: string | undefined;
    readonly format: string;
    readonly result: string;
    readonly id?: string | undefined;
    readonly code?: string | undefined;
  }): void {
    const { source = 'unknown', format, result } = arrival;
    this.#metrics.received.add(1, source, format, result);
    if (arrival.code !== undefined) {
      this.#logger.info({ source, format, result, code: arrival.code }, 'notification_refused');
    } else if (this.#logger.isLevelEnabled('debug')) {
      this.#logger.debug({ id: arrival.id, source, format, result }, 'notification_received');
    }
  }

  operated(action: {
    readonly operator: string;
    readonly action: string;
    readonly id: string;
  }): void {
    this.#logger.info({ ...action }, 'operator_acted');
  }

  incident(incident: {
    readonly incidentId: string;
    readonly route: string;
    readonly cause: unknown;
  }): void {
    this.#metrics.incidents.add(1);
    const { incidentId, route, cause } = incident;
    this.#logger.error({ incidentId, route, err: cause }, 'incident');
  }

  /** What happens from now on is logged from this level on. */
  logAt(level: LogLevel): void {
    this.#logger.level = level;
  }

  listening(listener: { readonly address: string }): void {
    this.#logger.info({ address: listener.address }, 'listening');
  }

  /** The client's mistake, or a stranger's game. */
  handshakeFailed(failed: {
    readonly address: string;
    readonly peer: string | undefined;
    readonly why: string;
  }): void {
    const { address, peer, why } = failed;
    this.#logger.info({ address, peer, why }, 'tls_handshake_failed');
  }

  drained(end: { readonly cut: number }): void {
    this.#logger.info({ cut: end.cut }, 'gateway_drained');
  }

  attempted(attempt: {
    readonly entryId: string;
    readonly lane: LaneFields;
    readonly outcome: {
      readonly kind: string;
      readonly error?: string | undefined;
      readonly retryAfterMs?: number | undefined;
    };
    readonly durationMs: number;
  }): void {
    const { outcome } = attempt;
    this.#metrics.attempts.add(1, outcome.kind);
    if (outcome.retryAfterMs !== undefined) {
      this.#metrics.rateLimitedSeconds.add(outcome.retryAfterMs / 1000);
    }
    if (!this.#logger.isLevelEnabled('debug')) return;
    const { entryId, lane, durationMs } = attempt;
    const { kind, error } = outcome;
    this.#logger.debug(
      { entryId, ...laneFields(lane), outcome: kind, error, durationMs },
      'attempt',
    );
  }

  settled(end: {
    readonly entryId: string;
    readonly source: string;
    readonly lane: LaneFields;
    readonly settlement: {
      readonly state: string;
      readonly eventId?: string | undefined;
      readonly reason?: string | undefined;
      readonly error?: string | undefined;
    };
    readonly ageMs: number;
  }): void {
    const { entryId, source, lane, ageMs } = end;
    const { state, eventId, reason, error } = end.settlement;
    this.#metrics.deliveries.add(1, state);
    if (state === 'delivered') this.#metrics.delivered(ageMs);
    if (state !== 'dead' && !this.#logger.isLevelEnabled('info')) return;
    const fields = { entryId, source, ...laneFields(lane), ageMs };
    if (state === 'delivered') {
      this.#logger.info({ ...fields, eventId }, 'delivered');
    } else if (state === 'dead') {
      this.#logger.error({ ...fields, reason, error }, 'dead');
    } else {
      this.#logger.info({ ...fields, state }, 'settled');
    }
  }

  laneWaits(wait: {
    readonly lane: LaneFields;
    readonly for: string;
    readonly error: string;
  }): void {
    this.#metrics.laneWaits.add(1, wait.for);
    const { lane, error } = wait;
    this.#logger.warn({ ...laneFields(lane), for: wait.for, error }, 'lane_waits');
  }

  roomUpgraded(upgrade: {
    readonly lane: LaneFields;
    readonly from: string;
    readonly to: string;
    readonly refused: string | undefined;
  }): void {
    const { lane, from, to, refused } = upgrade;
    const fields = { ...laneFields(lane), from, to };
    if (refused === undefined) this.#logger.info(fields, 'room_upgrade_followed');
    else this.#logger.error({ ...fields, refused }, 'room_upgrade_refused');
  }

  storeFailed(failure: { readonly lane: LaneFields | undefined; readonly cause: unknown }): void {
    const lane = failure.lane === undefined ? {} : laneFields(failure.lane);
    const fields = { ...lane, err: failure.cause };
    if (failure.cause instanceof Failure) {
      this.#logger.warn(fields, 'store_failed');
      return;
    }
    // What has no name in the catalogue is a bug, wherever it was thrown.
    this.#metrics.incidents.add(1);
    this.#logger.error(fields, 'incident');
  }

  account(event: {
    readonly kind: string;
    readonly account: string;
    readonly homeserver?: string | undefined;
    readonly deviceId?: string | undefined;
    readonly previousDeviceId?: string | undefined;
    readonly reason?: string | undefined;
  }): void {
    const { kind, account, homeserver, deviceId, previousDeviceId, reason } = event;
    const fields = { account, homeserver, deviceId, previousDeviceId, reason };
    if (kind === 'blocked') this.#logger.error(fields, 'account_blocked');
    else if (kind === 'new-device') this.#logger.error(fields, 'account_new_device');
    else this.#logger.info(fields, `account_${kind.replaceAll('-', '_')}`);
  }

  /** How an account stands with encryption; told when it changes. */
  identity(account: string, state: string): void {
    if (state === 'ok') this.#logger.info({ account, state }, 'identity');
    else this.#logger.error({ account, state }, 'identity');
  }

  /** The encryption engine died, and was started again. */
  crashed(error: Error): void {
    this.#metrics.encryption.crashes.add(1);
    this.#logger.error({ err: error }, 'encryption_crashed');
  }

  /** A room's key was given, and so many devices were refused it. */
  withheld(account: string, roomId: string, devices: number): void {
    this.#metrics.encryption.withheldDevices.add(devices);
    this.#logger.warn({ account, room: roomId, devices }, 'encryption_withheld');
  }

  /** What a sync said of rooms. */
  roomNews(
    account: string,
    news: readonly {
      readonly roomId: string;
      readonly encrypted: boolean;
      readonly replaced: boolean;
      readonly left: boolean;
    }[],
  ): void {
    if (!this.#logger.isLevelEnabled('debug')) return;
    for (const { roomId, encrypted, replaced, left } of news) {
      this.#logger.debug({ account, room: roomId, encrypted, replaced, left }, 'room_news');
    }
  }

  started(start: { readonly version: string; readonly dataDir: string }): void {
    this.#logger.info({ ...start }, 'started');
  }

  stopping(reason: { readonly signal: string }): void {
    this.#logger.info({ ...reason }, 'stopping');
  }

  /** @param at - wall-clock milliseconds */
  configurationLoaded(at: number): void {
    this.#metrics.reloaded(true, at);
    this.#logger.info('configuration_loaded');
  }

  /** These settings changed in the file, and count only after a restart. */
  restartNeeded(keys: readonly string[]): void {
    this.#logger.warn({ keys }, 'restart_needed');
  }

  /** @param at - wall-clock milliseconds */
  configurationRefused(at: number, cause: unknown): void {
    this.#metrics.reloaded(false, at);
    const problems = cause instanceof Failure ? cause.problems : undefined;
    this.#logger.error({ problems, err: cause }, 'configuration_refused');
  }
}

function laneFields(lane: LaneFields): LaneFields {
  return { account: lane.account, room: lane.room };
}
