import { call } from './call.ts';
import { encodePath } from './encode-path.ts';
import { MatrixError } from './errors.ts';
import type { RoomId } from './ids.ts';
import { isJsonObject } from './json.ts';
import { requestLine } from './request-line.ts';
import type { Session } from './session.ts';
import { type StateEvent, stateEvent } from './state-event.ts';

/**
 * The whole state of a room as a member sees it (GET /v3/rooms/{roomId}/state); undefined: it is not shown to this user.
 * What the answer is, is a list, which the other calls' answers never are.
 */
export async function fullState(
  session: Session,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<StateEvent[] | undefined> {
  const path = encodePath`/_matrix/client/v3/rooms/${roomId}/state`;
  const { homeserver, accessToken } = session;
  const response = await homeserver.request({ method: 'GET', path, accessToken, signal });
  if (response.status === 403 || response.status === 404) return undefined;
  const list: unknown = response.status === 200 ? parsed(response.body) : undefined;
  if (Array.isArray(list)) {
    return list
      .filter(isJsonObject)
      .map(stateEvent)
      .filter((event) => event !== undefined);
  }
  const request = { method: 'GET', path } as const;
  // Any other answer is judged as every call's.
  await call(
    {
      baseUrl: homeserver.baseUrl,
      request: () => Promise.resolve(response),
      close: () => homeserver.close(),
    },
    request,
  );
  throw new MatrixError(requestLine(request), {
    status: response.status,
    errcode: 'M_UNKNOWN',
    error: 'unusable answer: no state',
    json: false,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
