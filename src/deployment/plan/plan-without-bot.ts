import type { DesiredDeployment } from '../desired.ts';
import {
  type Outsider,
  observeWithoutBot,
  type UnreadyBot,
} from '../observed/observe-without-bot.ts';
import type { BotStep, Plan } from './plan.ts';
import { planDeployment } from './plan-deployment.ts';

/**
 * What there is to do where the bot cannot look for itself: what becomes of the bot, and what can be known of the rest.
 * @throws MatrixError, TransportError
 */
export async function planWithoutBot(
  deployment: DesiredDeployment,
  bot: UnreadyBot,
  outsider: Outsider,
  signal: AbortSignal,
): Promise<Plan> {
  const observed = await observeWithoutBot(deployment, bot, outsider, signal);
  return { bot: stepFor(bot, outsider), ...planDeployment(deployment, observed) };
}

function stepFor(bot: UnreadyBot, { botUserId: userId }: Outsider): BotStep {
  if (bot.kind === 'absent') {
    const why = 'it has no token; an account of that name is mended instead';
    return { kind: 'register', userId, why };
  }
  const { damage } = bot;
  return { kind: 'mend', userId, damage, why: 'its token is not taken as it is' };
}
