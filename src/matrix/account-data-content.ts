import { encodePath } from './encode-path.ts';
import type { JsonObject } from './json.ts';
import { foundOrUndefined } from './rooms.ts';
import type { Session } from './session.ts';
import { sessionCall, sessionCallWith } from './session-call.ts';

const accountDataPath = (session: Session, type: string): string =>
  encodePath`/_matrix/client/v3/user/${session.userId}/account_data/${type}`;

/** What the account keeps under a type (GET /v3/user/{userId}/account_data/{type}); undefined: 404 `M_NOT_FOUND`. */
export async function accountDataContent(
  session: Session,
  type: string,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const path = accountDataPath(session, type);
  return (await foundOrUndefined(sessionCall(session, 'GET', path, signal)))?.object;
}

/** Keeps `content` under a type, in place of what was there (PUT /v3/user/{userId}/account_data/{type}). */
export async function putAccountDataContent(
  session: Session,
  type: string,
  content: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  await sessionCallWith(session, 'PUT', accountDataPath(session, type), content, signal);
}
