import { systemClock } from '../../clock.ts';
import { Deployment } from '../../deployment/deployment.ts';
import type { Plan } from '../../deployment/plan/plan.ts';
import { planWithoutBot } from '../../deployment/plan/plan-without-bot.ts';
import { deploymentFailure } from './deployment-failure.ts';
import { openBot } from './open-bot.ts';
import type { DeploymentFile } from './read-deployment-file.ts';

/**
 * What there is to do for a deployment, as far as it can be seen without changing anything: the bot's token is used as it
 * is kept, and nobody is registered or mended.
 * @throws Failure homeserver_unreachable, homeserver_unusable, bot_refused, secret_unreadable,
 * deployment_invalid, matrix_refused
 */
export async function planOnly(
  { desired }: Pick<DeploymentFile, 'desired'>,
  signal: AbortSignal,
): Promise<Plan> {
  const { bot, homeserver, close } = openBot(desired, {
    clock: systemClock,
    onEvent: () => undefined,
  });
  try {
    const look = await bot.look(signal);
    if (look.kind !== 'ready') {
      const outsider = { homeserver, botUserId: bot.userId };
      return await planWithoutBot(desired, look, outsider, signal);
    }
    const deployment = new Deployment(desired, {
      session: () => Promise.resolve(look.session),
      takeWriter: () => {
        throw new Error('Whoever only looks writes nothing.');
      },
      clock: systemClock,
      onStep: () => undefined,
    });
    return await deployment.plan(signal);
  } catch (thrown) {
    throw deploymentFailure(thrown);
  } finally {
    await close();
  }
}
