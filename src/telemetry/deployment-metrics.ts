import { Gauge, type Registry } from 'prom-client';
import { Tally } from './tally.ts';

const findingKinds = ['unfixable', 'drift', 'note'] as const;

/** What is counted of a deployment and its people; what is not looked after is not shown. */
export class DeploymentMetrics {
  /** Steps by what became of them. */
  readonly steps: Tally;
  /** Rounds that failed for all. */
  readonly failures: Tally;
  readonly #inStepSeconds: Gauge;
  readonly #findings: Gauge;
  readonly #roundSeconds: Gauge;
  readonly #people: Gauge;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string, labelNames: string[] = []): Gauge => {
      const made = new Gauge({ name, help, labelNames, registers: [registry] });
      // A gauge without labels begins at 0, which would be a time long ago.
      if (labelNames.length === 0) made.remove();
      return made;
    };
    this.steps = new Tally({
      name: 'bellhop_deployment_steps_total',
      help: 'Steps towards what the deployment file says, by what became of them.',
      labels: ['result'],
      registry,
      initial: [['taken'], ['failed']],
    });
    this.failures = new Tally({
      name: 'bellhop_deployment_failures_total',
      help: 'Rounds that looked after the deployment and its people and could not be finished.',
      labels: [],
      registry,
      initial: [[]],
    });
    this.#inStepSeconds = gauge(
      'bellhop_deployment_last_success_timestamp_seconds',
      'When the rooms were last seen to be as the deployment file says, with nothing left to do.',
    );
    this.#findings = gauge(
      'bellhop_deployment_findings',
      'What the last look at the rooms found and left as it is, by kind.',
      ['kind'],
    );
    this.#roundSeconds = gauge(
      'bellhop_people_last_round_timestamp_seconds',
      'When everybody in the people ledger was last looked at.',
    );
    this.#people = gauge('bellhop_people', 'People in the ledger, by how far they are.', ['state']);
  }

  /** What a look at the rooms has come to. @param at - wall-clock milliseconds */
  looked(isInStep: boolean, findings: readonly { readonly kind: string }[], at: number): void {
    if (isInStep) this.#inStepSeconds.set(at / 1000);
    for (const kind of findingKinds) {
      const count = findings.filter((finding) => finding.kind === kind).length;
      this.#findings.set({ kind }, count);
    }
  }

  /** What a round of the people has come to. @param at - wall-clock milliseconds */
  counted(people: Readonly<Record<string, number>>, at: number): void {
    this.#roundSeconds.set(at / 1000);
    for (const [state, count] of Object.entries(people)) this.#people.set({ state }, count);
  }
}
