import type { Session } from '../../matrix/session.ts';
import { judgeToken, type KeptToken, needSecret, readKeptToken } from './kept-token.ts';
import type { AccountDamage } from './prove-token.ts';

/** How the bot is, and so what its first session would begin with. */
export type BotLook =
  | { readonly kind: 'ready'; readonly session: Session }
  /** There is no token; with the registration secret the account is registered, or mended if there is one. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly damage: AccountDamage };

/**
 * Looks at the bot with the token that is kept, and changes nothing: neither here nor on the homeserver.
 * @throws BotTrouble, also when there is no registration secret to go on with; MatrixError, TransportError
 */
export async function lookAtBot(tools: KeptToken, signal: AbortSignal): Promise<BotLook> {
  const kept = await readKeptToken(tools);
  const proof = kept === undefined ? undefined : await judgeToken(kept, tools, signal);
  if (proof?.kind === 'good') return { kind: 'ready', session: proof.session };
  await needSecret(tools);
  return proof ?? { kind: 'absent' };
}
