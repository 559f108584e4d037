import type { Finding, Step } from './plan.ts';

/** A part of a room's plan. */
export interface PlannedPart {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  /** What is not done because the bot lacks the power; with more of it, it would be. */
  readonly blocked: readonly Finding[];
}

/** The finding for what a bot without power cannot do. */
export function lacksPower(key: string, field: string, reason: string): Finding {
  const wayOut = 'Let somebody with more power in the room raise the bot, or do it by hand.';
  return { kind: 'unfixable', key, field, reason, wayOut };
}
