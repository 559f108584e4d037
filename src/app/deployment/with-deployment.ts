import { systemClock } from '../../clock.ts';
import type { TakenStep } from '../../deployment/apply.ts';
import type { BotEvent } from '../../deployment/bot/bot-event.ts';
import { Deployment } from '../../deployment/deployment.ts';
import { Failure } from '../../errors.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { takeOwnership } from '../../store/owner-lock.ts';
import { thisProcess } from '../this-process.ts';
import { botFailure } from './bot-failure.ts';
import { deploymentFailure } from './deployment-failure.ts';
import { openBot } from './open-bot.ts';
import type { DeploymentFile } from './read-deployment-file.ts';

export interface DeploymentCall {
  /** Whose owner is the only one that changes a deployment. */
  readonly dataDir: string;
  /** What it calls itself as the owner. */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly onStep: (taken: TakenStep) => void;
  /** What was done to the bot's account. */
  readonly onEvent: (event: BotEvent) => void;
}

/**
 * Runs `task` on a deployment, for a command: it does not wait for a homeserver that is away.
 * @throws Failure homeserver_unreachable, homeserver_unusable, bot_refused, secret_unreadable,
 * deployment_invalid, matrix_refused, data_dir_owned, data_dir_unusable
 */
export async function withDeployment<Result>(
  { desired }: Pick<DeploymentFile, 'desired'>,
  call: DeploymentCall,
  task: (deployment: Deployment, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const givenUp = new AbortController();
  const signal = AbortSignal.any([call.signal, givenUp.signal]);
  const opened = openBot(desired, {
    clock: systemClock,
    onEvent: (event) => {
      if (event.kind === 'waiting') givenUp.abort(botFailure(event.trouble, event.detail));
      else call.onEvent(event);
    },
  });
  const deployment = new Deployment(desired, {
    session: async (within) => await opened.bot.session(within),
    takeWriter: () => takeOwnership(openDataDir(call.dataDir), thisProcess(call.command)),
    clock: systemClock,
    onStep: call.onStep,
  });
  try {
    return await task(deployment, signal);
  } catch (thrown) {
    if (givenUp.signal.reason instanceof Failure) throw givenUp.signal.reason;
    throw deploymentFailure(thrown);
  } finally {
    await opened.close();
  }
}
