import { type Answer, call } from './call.ts';
import type { MatrixRequest } from './homeserver.ts';
import type { Session } from './session.ts';

/** One authenticated request without a body. */
export async function sessionCall(
  session: Session,
  method: MatrixRequest['method'],
  path: string,
  signal: AbortSignal,
): Promise<Answer> {
  return await call(session.homeserver, { method, path, accessToken: session.accessToken, signal });
}

/** One authenticated request whose body is a JSON object. */
export async function sessionCallWith(
  session: Session,
  method: MatrixRequest['method'],
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<Answer> {
  return await call(session.homeserver, {
    method,
    path,
    accessToken: session.accessToken,
    body: JSON.stringify(body),
    signal,
  });
}
