/** A JSON object as it came in or goes out. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An answer before it is written. */
export interface Reply {
  readonly status: number;
  /** A value that becomes JSON, or bytes that go out as they are. */
  readonly body: unknown;
  /** Needed with bytes; JSON says so itself. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** 200 with a JSON body. */
export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export interface RefusalOptions {
  /** Beside `errcode` and `error`. */
  readonly fields?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A standard error response, client-server API §2.1.1; handlers throw it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(status: number, errcode: string, error: string, more: RefusalOptions = {}) {
    super(error, { cause: more.cause });
    this.reply = {
      status,
      body: { errcode, error, ...more.fields },
      ...(more.headers === undefined ? {} : { headers: more.headers }),
    };
  }
}
