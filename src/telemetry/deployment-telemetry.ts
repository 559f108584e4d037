import type { Logger } from 'pino';
import { Failure } from '../errors.ts';
import type { DeploymentMetrics } from './deployment-metrics.ts';

interface FindingFields {
  readonly kind: string;
  readonly key: string;
  readonly field: string | undefined;
  readonly reason: string;
  readonly wayOut: string | undefined;
}

/** Whoever is so, somebody may want to know by name. */
const lookers = ['waiting', 'failed', 'held'];

/** What happens to a deployment and its people, as log lines and numbers; levels as in `TelemetryEvents`. */
export class DeploymentTelemetry {
  readonly #logger: Logger;
  readonly #metrics: DeploymentMetrics;

  constructor(logger: Logger, metrics: DeploymentMetrics) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  bot(event: {
    readonly kind: string;
    readonly trouble?: string;
    readonly detail?: string;
    readonly waitMs?: number;
    readonly damage?: unknown;
    readonly own?: boolean;
  }): void {
    const { kind, ...fields } = event;
    const name = `deployment_bot_${kind}`;
    if (kind === 'refused') this.#logger.error(fields, name);
    else if (kind === 'waiting' || kind === 'damaged') this.#logger.warn(fields, name);
    else this.#logger.info(fields, name);
  }

  step(step: {
    readonly kind: string;
    readonly key: string;
    readonly problem: string | undefined;
  }): void {
    const { kind, key, problem } = step;
    this.#metrics.steps.add(1, problem === undefined ? 'taken' : 'failed');
    if (problem === undefined) this.#logger.info({ kind, key }, 'deployment_step');
    else this.#logger.warn({ kind, key, problem }, 'deployment_step_failed');
  }

  applied(report: {
    readonly at: number;
    readonly taken: number;
    readonly remaining: number;
    readonly findings: readonly FindingFields[];
    readonly isNews: boolean;
  }): void {
    const { at, taken, remaining, findings, isNews } = report;
    const unfixable = findings.filter(({ kind }) => kind === 'unfixable').length;
    this.#metrics.looked(remaining === 0 && unfixable === 0, findings, at);
    if (taken > 0) this.#logger.info({ taken, remaining, unfixable }, 'deployment_applied');
    for (const finding of isNews ? findings : []) this.#finding(finding);
  }

  declared(people: {
    readonly created: number;
    readonly revoked: number;
    readonly leftAlone: number;
  }): void {
    const { created, revoked, leftAlone } = people;
    if (created + revoked + leftAlone === 0) return;
    this.#logger.info({ created, revoked, leftAlone }, 'people_declared');
  }

  /** @param at - wall-clock milliseconds */
  peopleRound(
    report: {
      readonly people: Readonly<Record<string, number>>;
      readonly worked: number;
      readonly durationMs: number;
    },
    at: number,
  ): void {
    const { people, worked, durationMs } = report;
    this.#metrics.counted(people, at);
    const fields = {
      ...people,
      worked,
      durationMs: Math.round(durationMs),
      // Nobody is named in the log.
      see: lookers.some((state) => (people[state] ?? 0) > 0) ? 'bellhop people list' : undefined,
    };
    if (worked > 0) this.#logger.info(fields, 'people_round');
    else this.#logger.debug(fields, 'people_round');
  }

  failed(failure: { readonly cause: unknown; readonly retryMs: number | undefined }): void {
    const { cause, retryMs } = failure;
    this.#metrics.failures.add(1);
    // What has a name needs no stack, round after round.
    const fields =
      cause instanceof Failure
        ? { code: cause.code, detail: cause.detail, retryMs }
        : { err: cause, retryMs };
    this.#logger.warn(fields, 'deployment_failed');
  }

  #finding({ kind, key, field, reason, wayOut }: FindingFields): void {
    const fields = { kind, key, field, reason, wayOut };
    if (kind === 'unfixable') this.#logger.error(fields, 'deployment_finding');
    else if (kind === 'drift') this.#logger.warn(fields, 'deployment_finding');
    else this.#logger.info(fields, 'deployment_finding');
  }
}
