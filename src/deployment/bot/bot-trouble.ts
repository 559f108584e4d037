/** Why the bot cannot work, each with its own way out. */
export type BotTroubleKind =
  /** The homeserver does not answer, or answers with its own failure. */
  | 'unreachable'
  /** What answers is no Synapse, or its administration interface is not reachable there. */
  | 'no_admin_api'
  /** The token is no longer taken, and there is no secret to get another with. */
  | 'no_secret'
  | 'secret_unreadable'
  /** The homeserver has another registration secret. */
  | 'wrong_secret'
  /** The homeserver takes no registrations by secret. */
  | 'registration_disabled'
  /** An OAuth server keeps the homeserver's accounts. */
  | 'delegated'
  /** The homeserver does not allow the bot's name. */
  | 'name_refused'
  /** The homeserver is of another name than the file says. */
  | 'wrong_server'
  /** The token file holds the token of another account. */
  | 'another_account'
  | 'token_file'
  /** Nothing that was tried let the account work again. */
  | 'not_recovered';

/** The bot cannot work now. The message says what a person can do, and holds no secret. */
export class BotTrouble extends Error {
  override readonly name = 'BotTrouble';
  readonly kind: BotTroubleKind;
  /** How long the homeserver wants not to be asked. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: BotTroubleKind,
    options: {
      readonly detail: string;
      readonly cause?: unknown;
      readonly retryAfterMs?: number | undefined;
    },
  ) {
    super(options.detail, { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
