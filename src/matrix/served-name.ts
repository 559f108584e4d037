import { call } from './call.ts';
import { MatrixError, TransportError } from './errors.ts';
import type { Homeserver } from './homeserver.ts';
import { textOf } from './json.ts';

/** A proxy that does not know the path may hold the question up; it is asked for safety only. */
const deadlineMs = 5_000;

/**
 * The server name that a homeserver's user ids end in (Server-Server API, GET /_matrix/key/v2/server); undefined where it
 * does not tell.
 */
export async function servedName(
  homeserver: Homeserver,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = '/_matrix/key/v2/server';
  try {
    const answer = await call(homeserver, { method: 'GET', path, deadlineMs, signal });
    return textOf(answer.object['server_name']);
  } catch (error) {
    if (error instanceof MatrixError || error instanceof TransportError) return undefined;
    throw error;
  }
}
