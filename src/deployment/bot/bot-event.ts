import type { BotTroubleKind } from './bot-trouble.ts';
import type { AccountDamage } from './prove-token.ts';

/** What happens to the bot's account, for logs and readiness. Nothing in it is secret. */
export type BotEvent =
  /** It cannot work yet; it tries again by itself. */
  | {
      readonly kind: 'waiting';
      readonly trouble: BotTroubleKind;
      readonly detail: string;
      readonly waitMs: number;
    }
  /** It cannot work until a person has acted. */
  | { readonly kind: 'refused'; readonly trouble: BotTroubleKind; readonly detail: string }
  | { readonly kind: 'registered' }
  /** The token is not taken as it is, or may not administer. */
  | { readonly kind: 'damaged'; readonly damage: AccountDamage }
  /** A second administrator mended the account; `own`: its token depends on nobody else's. */
  | { readonly kind: 'rescued'; readonly own: boolean }
  /** The account stays limited: everything works, slower. */
  | { readonly kind: 'limited'; readonly detail: string }
  | { readonly kind: 'ready' };

/** How the bot is now. */
export type BotStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  | {
      readonly state: 'waiting' | 'refused';
      readonly trouble: BotTroubleKind;
      readonly detail: string;
    };
