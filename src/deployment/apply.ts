import { MatrixError, TransportError } from '../matrix/errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { DesiredDeployment } from './desired.ts';
import { observe } from './observed/observe.ts';
import type { ObservedDeployment } from './observed/observed.ts';
import type { Finding, Plan, Step } from './plan/plan.ts';
import { chosenRooms, planDeployment } from './plan/plan-deployment.ts';
import { StepError, type StepTools, takeStep } from './take-step.ts';

/**
 * A room that is entered shows its levels, one whose power is regained its state, one that was lost its replacement: no
 * repair takes more looks than these.
 */
const roundsMax = 6;

/** How a step went. */
export interface TakenStep {
  readonly step: Step;
  /** Undefined: it was taken. Else why it was not; it holds no secret. */
  readonly problem: string | undefined;
}

export interface ApplyReport {
  /** True: the last look found nothing to do. */
  readonly converged: boolean;
  readonly taken: readonly TakenStep[];
  /** What the last look would still have done. */
  readonly remaining: readonly Step[];
  readonly findings: readonly Finding[];
  /** The rooms by their key, as far as they are there. */
  readonly rooms: ReadonlyMap<string, RoomId>;
  /** The last look itself, for whoever needs the rooms' state next. */
  readonly observed: ObservedDeployment;
}

/**
 * Brings the homeserver to what the file says. After every round of steps everything is read again and compared, so a
 * step that did not take is seen; a failing step stops neither the others nor other rooms. Where nothing is to be done
 * nothing is written.
 * @throws MatrixError, TransportError when the homeserver cannot be looked at; the signal's reason when it aborts.
 */
export async function applyDeployment(
  deployment: DesiredDeployment,
  tools: StepTools,
  onStep: (taken: TakenStep) => void,
  signal: AbortSignal,
): Promise<ApplyReport> {
  const taken: TakenStep[] = [];
  let before = '';
  for (let round = 1; ; round++) {
    const observed = await observe(deployment, tools.session, signal);
    const plan = planDeployment(deployment, observed);
    const rooms = chosenRooms(deployment, observed);
    const now = JSON.stringify(plan.steps);
    // The very same steps again: what did not take once does not take twice.
    if (plan.steps.length === 0 || now === before || round === roundsMax || signal.aborted) {
      return reportOf(plan, observed, rooms, taken);
    }
    before = now;
    const ids = new Map(rooms);
    for (const step of plan.steps) {
      // Whoever was stopped takes no further step, not even in vain.
      signal.throwIfAborted();
      const result = await attempt(step, ids, tools, signal);
      taken.push(result);
      onStep(result);
    }
  }
}

async function attempt(
  step: Step,
  ids: Map<string, RoomId>,
  tools: StepTools,
  signal: AbortSignal,
): Promise<TakenStep> {
  try {
    await takeStep(step, ids, tools, signal);
    return { step, problem: undefined };
  } catch (error) {
    const isNamed =
      error instanceof MatrixError || error instanceof TransportError || error instanceof StepError;
    if (!isNamed) throw error;
    return { step, problem: error.message };
  }
}

function reportOf(
  plan: Plan,
  observed: ObservedDeployment,
  rooms: ReadonlyMap<string, RoomId>,
  taken: readonly TakenStep[],
): ApplyReport {
  return {
    converged: plan.steps.length === 0,
    taken,
    remaining: plan.steps,
    findings: plan.findings,
    rooms,
    observed,
  };
}
