/** What is known of a refusal. */
export interface Refusal {
  readonly status: number;
  readonly errcode: string;
  /** The homeserver's own words, or ours when it said none. */
  readonly error: string;
  readonly json: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly softLogout?: boolean | undefined;
}

/**
 * The homeserver, or something in front of it, answered with something other than what was asked for
 * (Client-Server API "Standard error response"). Neither message nor fields hold tokens, queries or bodies.
 */
export class MatrixError extends Error {
  override readonly name = 'MatrixError';
  readonly status: number;
  /** `M_…`; `M_UNKNOWN` when the answer carried none. */
  readonly errcode: string;
  readonly error: string;
  /** False: the answer is not the JSON the specification promises, as of a proxy's error page; `status` may then be 2xx. */
  readonly json: boolean;
  /** The longer of the Retry-After header and `retry_after_ms`. */
  readonly retryAfterMs: number | undefined;
  /** The token is spent but the device is kept. */
  readonly softLogout: boolean;
  /** Method and path, as sent, without query. */
  readonly requestLine: string;

  constructor(requestLine: string, refusal: Refusal, cause?: unknown) {
    super(`${requestLine}: ${refusal.status} ${refusal.errcode}: ${refusal.error}`, { cause });
    this.status = refusal.status;
    this.errcode = refusal.errcode;
    this.error = refusal.error;
    this.json = refusal.json;
    this.retryAfterMs = refusal.retryAfterMs;
    this.softLogout = refusal.softLogout ?? false;
    this.requestLine = requestLine;
  }
}

/** `unreachable`: the request surely was not sent. `interrupted`: it may have been taken, but no whole answer came. */
export type TransportKind = 'unreachable' | 'interrupted';

/** No complete answer arrived. The message names the reason by its code; it holds no tokens, queries or bodies. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportKind;
  /** Method and path, as sent, without query. */
  readonly requestLine: string;

  constructor(kind: TransportKind, requestLine: string, reason: string, cause?: unknown) {
    super(`${requestLine}: ${kind}: ${reason}`, { cause });
    this.kind = kind;
    this.requestLine = requestLine;
  }
}

/** No homeserver could be found for a name (Client-Server API "Server discovery"; the actions are its words). */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly action: 'FAIL_PROMPT' | 'FAIL_ERROR';
  /** True: the same question may be answered later, without anybody changing anything. */
  readonly temporary: boolean;

  constructor(
    message: string,
    options: {
      readonly action: 'FAIL_PROMPT' | 'FAIL_ERROR';
      readonly temporary?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.action = options.action;
    this.temporary = options.temporary ?? false;
  }
}
