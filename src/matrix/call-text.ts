import { call } from './call.ts';
import type { Homeserver, MatrixRequest } from './homeserver.ts';
import type { Session } from './session.ts';

/** A request whose body and answer only pass through. */
export interface TextRequest {
  readonly method: MatrixRequest['method'];
  /** Absolute path, percent-encoded, with query. */
  readonly path: string;
  /** A JSON text. */
  readonly body?: string | undefined;
  /** Whole-request deadline; default 30 s. */
  readonly deadlineMs?: number | undefined;
}

/**
 * One authenticated request and the text of its answer, which is a JSON object as far as its first character says.
 * @throws MatrixError for any other answer than 2xx with such a text.
 * @throws TransportError when no complete answer arrived.
 */
export async function callText(
  session: Session,
  request: TextRequest,
  signal: AbortSignal,
): Promise<string> {
  const { homeserver, accessToken } = session;
  const whole = { ...request, accessToken, signal };
  const response = await homeserver.request(whole);
  if (response.status >= 200 && response.status < 300 && /^\s*\{/.test(response.body)) {
    return response.body;
  }
  const answered: Homeserver = {
    baseUrl: homeserver.baseUrl,
    request: async () => await Promise.resolve(response),
    close: async () => await Promise.resolve(),
  };
  // What an answer that is none means is said in one place; it throws.
  return JSON.stringify((await call(answered, whole)).object);
}
