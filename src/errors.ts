/** Whether asking again can help: `never` without a change, `soon` by itself, `after` something named in the remedy. */
type Retry = 'never' | 'soon' | 'after';

interface CatalogueEntry {
  /** One sentence: what is the matter. */
  readonly sentence: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  readonly retry: Retry;
  /** HTTP status of an answer that carries it. */
  readonly status: number;
  /** Exit code (sysexits) of a command that ends with it. */
  readonly exit: number;
}

/** The catalogue of failures. `docs/reference/errors.md` is generated from it. */
export const catalogue = {
  usage: {
    sentence: 'The command was called in a way it does not know.',
    remedy: 'See `bellhop COMMAND --help`.',
    retry: 'never',
    status: 400,
    exit: 64,
  },
  bad_input: {
    sentence: 'The input could not be understood.',
    remedy: 'Correct the place that is named and send it again.',
    retry: 'never',
    status: 400,
    exit: 65,
  },
  body_too_large: {
    sentence: 'The request body is larger than this gateway takes.',
    remedy: 'Send less, or raise `limits.body` in the configuration.',
    retry: 'never',
    status: 413,
    exit: 65,
  },
  no_input: {
    sentence: 'A file or standard input that was named has nothing to read.',
    remedy: 'Check the path and its permissions.',
    retry: 'never',
    status: 400,
    exit: 66,
  },
  unauthorized: {
    sentence: 'The request carries no token, or one that no source has.',
    remedy: "Send the source's token as `Authorization: Bearer …`.",
    retry: 'never',
    status: 401,
    exit: 77,
  },
  room_not_allowed: {
    sentence: 'This source may not send to that room.',
    remedy: "Add the room to the source's `allow` in the configuration.",
    retry: 'never',
    status: 403,
    exit: 77,
  },
  operator_only: {
    sentence: 'Only an operator may do this.',
    remedy: 'Use a token from `operators` in the configuration.',
    retry: 'never',
    status: 403,
    exit: 77,
  },
  not_found: {
    sentence: 'There is nothing by that name here.',
    remedy: 'Check the id or path.',
    retry: 'never',
    status: 404,
    exit: 65,
  },
  method_not_allowed: {
    sentence: 'That path does not take this method.',
    remedy: 'See docs/reference/http.md for what it takes.',
    retry: 'never',
    status: 405,
    exit: 64,
  },
  state_conflict: {
    sentence: 'The entry is in a state that does not allow this.',
    remedy:
      'Look at it with `bellhop outbox show ID`; an ambiguous or attempted entry needs `--force`.',
    retry: 'never',
    status: 409,
    exit: 65,
  },
  idempotency_conflict: {
    sentence: 'This idempotency key was used before with another body.',
    remedy: 'Use a new key for a new message.',
    retry: 'never',
    status: 422,
    exit: 65,
  },
  rate_limited: {
    sentence: 'This source sends faster than its configured rate.',
    remedy: 'Wait as long as Retry-After says, or raise `rate` of the source.',
    retry: 'after',
    status: 503,
    exit: 75,
  },
  queue_full: {
    sentence: 'The outbox holds as many undelivered messages as its limits allow.',
    remedy: 'Find out with `bellhop doctor` why nothing is delivered, or raise `limits.queued`.',
    retry: 'after',
    status: 503,
    exit: 69,
  },
  storage_full: {
    sentence: 'The disk that holds the outbox is full; nothing was acknowledged.',
    remedy: 'Free some space; Bellhop goes on by itself.',
    retry: 'after',
    status: 503,
    exit: 74,
  },
  storage_failed: {
    sentence: 'The outbox could not be written or read; nothing was acknowledged.',
    remedy: 'See the log for the cause; check the disk and its permissions.',
    retry: 'after',
    status: 503,
    exit: 74,
  },
  storage_busy: {
    sentence: 'The write-ahead log of the outbox has grown too large to take more.',
    remedy: 'Something reads the database for a long time (a backup?); let it end.',
    retry: 'soon',
    status: 503,
    exit: 75,
  },
  data_dir_owned: {
    sentence: 'Another process owns this data directory.',
    remedy: 'Stop it first, or use another `data_dir`.',
    retry: 'never',
    status: 503,
    exit: 73,
  },
  data_dir_unusable: {
    sentence: 'The data directory cannot be used.',
    remedy: 'It must be writable and on a local file system.',
    retry: 'never',
    status: 503,
    exit: 73,
  },
  cannot_create: {
    sentence: 'The file cannot be created.',
    remedy: 'Name another path, or move away what is there.',
    retry: 'never',
    status: 500,
    exit: 73,
  },
  shutting_down: {
    sentence: 'The gateway is shutting down.',
    remedy: 'Send it again in a moment.',
    retry: 'soon',
    status: 503,
    exit: 75,
  },
  config_invalid: {
    sentence: 'The configuration has mistakes.',
    remedy: 'Correct the places that are named; `bellhop config check` looks again.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  config_missing: {
    sentence: 'There is no configuration for this.',
    remedy: 'Write one with `bellhop config init`, or name it with `-c`.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  secret_unreadable: {
    sentence: 'A secret could not be read.',
    remedy: 'Check that the file named in the configuration exists and is readable.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  node_too_old: {
    sentence: 'This version of Node.js is too old for Bellhop.',
    remedy: 'Install Node.js 24.15 or newer.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  homeserver_unreachable: {
    sentence: 'The homeserver did not answer.',
    remedy: 'Check its address and that it runs.',
    retry: 'soon',
    status: 503,
    exit: 69,
  },
  homeserver_unusable: {
    sentence: 'What answered is not a usable Matrix homeserver.',
    remedy: 'Check `homeserver` in the configuration and its .well-known file.',
    retry: 'never',
    status: 502,
    exit: 76,
  },
  login_refused: {
    sentence: 'The homeserver refused the credentials.',
    remedy: 'Log in again with `bellhop login`.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  not_logged_in: {
    sentence: 'This account has no access token yet.',
    remedy: 'Run `bellhop login @user:server`.',
    retry: 'after',
    status: 503,
    exit: 77,
  },
  matrix_refused: {
    sentence: 'The homeserver refused the request.',
    remedy: 'Its own words are in the detail.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  undeliverable: {
    sentence: 'The message can never be delivered as it is.',
    remedy: 'Its reason says what to change; then `bellhop outbox redrive`.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  kept: {
    sentence: 'The message is kept and will be delivered later.',
    remedy: 'The next `bellhop serve` or `bellhop send` delivers it.',
    retry: 'soon',
    status: 202,
    exit: 75,
  },
  bug: {
    sentence: 'Bellhop has a bug here.',
    remedy: 'Please report it with the incident id and the log.',
    retry: 'never',
    status: 500,
    exit: 70,
  },
} as const;

export type FailureCode = keyof typeof catalogue;

export interface FailureOptions {
  /** What exactly, and where: shown to the caller, so never a secret or a message body. */
  readonly detail?: string;
  /** Several places at once, each as "place: what is wrong". */
  readonly problems?: readonly string[];
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failure with a name in the catalogue. Outcomes that a caller expects are returned, not thrown. */
export class Failure extends Error {
  /** Of any copy of this class: the command's bundles each have their own, and throw to one another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isBellhopFailure' in value;
  }

  override readonly name = 'Failure';
  readonly isBellhopFailure = true;
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly problems: readonly string[];
  readonly retryAfterMs: number | undefined;

  constructor(code: FailureCode, options: FailureOptions = {}) {
    super(
      options.detail === undefined
        ? catalogue[code].sentence
        : `${catalogue[code].sentence} ${options.detail}`,
      { cause: options.cause },
    );
    this.code = code;
    this.detail = options.detail;
    this.problems = options.problems ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The catalogue's row for this failure. */
  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }
}

/** Any thrown value as a Failure; what has no name in the catalogue is a bug. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  return new Failure('bug', { cause: thrown });
}
