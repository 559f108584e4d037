import type { BotEvent } from '../../deployment/bot/bot-event.ts';
import type { Finding } from '../../deployment/plan/plan.ts';
import type { RoundReport } from '../../people/people-events.ts';

/** What looking after a deployment reports as it happens; listeners must not throw and must return at once. */
export interface DeploymentEvents {
  bot(event: BotEvent): void;
  /** A step was taken, or could not be. */
  step(step: {
    readonly kind: string;
    readonly key: string;
    readonly problem: string | undefined;
  }): void;
  /** The rooms were compared with the file; told after each look. */
  applied(report: {
    /** Wall-clock milliseconds. */
    readonly at: number;
    readonly taken: number;
    readonly remaining: number;
    readonly findings: readonly Finding[];
    /** Whether the findings are others than at the last look. */
    readonly isNews: boolean;
  }): void;
  /** The people of the file were compared with what was written down of them. */
  declared(people: {
    readonly created: number;
    readonly revoked: number;
    readonly leftAlone: number;
  }): void;
  peopleRound(report: RoundReport, at: number): void;
  /** A round could not reach everybody; it is tried again. */
  failed(failure: { readonly cause: unknown; readonly retryMs: number | undefined }): void;
}
