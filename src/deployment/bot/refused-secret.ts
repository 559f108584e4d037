import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { BotTrouble } from './bot-trouble.ts';

/** Whoever corrects the homeserver's side waits at most this long; a wrong secret is tried so seldom. */
const tryAgainMs = 5 * 60_000;

/** Remembers what the homeserver has refused for good, so that it is not asked the same again and again. */
export class RefusedSecret {
  readonly #clock: Clock;
  #refused:
    | { readonly digest: string; readonly at: number; readonly trouble: BotTrouble }
    | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws BotTrouble as before, if this secret was refused within the last five minutes, or can never work. */
  check(secret: string): void {
    const refused = this.#refused;
    if (refused === undefined || refused.digest !== digestOf(secret)) return;
    // A wrong name of the server is our side's mistake, and each attempt would make an account.
    const isForEver = refused.trouble.kind === 'wrong_server';
    if (isForEver || this.#clock.monotonic() - refused.at < tryAgainMs) throw refused.trouble;
  }

  remember(secret: string, trouble: BotTrouble): void {
    this.#refused = { digest: digestOf(secret), at: this.#clock.monotonic(), trouble };
  }
}

/** The secret itself is not kept. */
const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
