/** Any answer is there within the gateway's own limits; none of the tests waits longer. */
const deadlineMs = 60_000;

export interface CallOptions {
  readonly token?: string | undefined;
  /** JSON, or a body as it is when it is a text or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty when the answer is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** One HTTP request and its whole answer. */
export async function call(
  method: string,
  url: string,
  { token, body, headers: more = {} }: CallOptions = {},
): Promise<Answer> {
  const headers = new Headers(more);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  if (body !== undefined && !isRaw && !headers.has('content-type')) {
    headers.set('content-type', 'application/json');
  }
  const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers,
    ...(payload === undefined ? {} : { body: payload as NonNullable<RequestInit['body']> }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: objectOf(text) };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
