import { BotTrouble } from '../../deployment/bot/bot-trouble.ts';
import { Failure } from '../../errors.ts';
import { matrixFailure } from '../matrix-failure.ts';
import { botFailure } from './bot-failure.ts';

/** What work on a deployment has thrown, as a failure with a name; anything else stays what it is. */
export function deploymentFailure(thrown: unknown): unknown {
  if (thrown instanceof BotTrouble) return botFailure(thrown.kind, thrown.message);
  return inTime(matrixFailure(thrown));
}

/** What a deadline has thrown. */
function inTime(thrown: unknown): unknown {
  if (!(thrown instanceof DOMException && thrown.name === 'TimeoutError')) return thrown;
  const detail = 'It took too long to answer.';
  return new Failure('homeserver_unreachable', { detail, cause: thrown });
}
