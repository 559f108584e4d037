import { call } from './call.ts';
import type { Homeserver } from './homeserver.ts';
import { listOf } from './json.ts';

/** The versions of the specification that a homeserver speaks, such as `v1.15` (GET /_matrix/client/versions). */
export async function versions(homeserver: Homeserver, signal: AbortSignal): Promise<string[]> {
  const answer = await call(homeserver, {
    method: 'GET',
    path: '/_matrix/client/versions',
    signal,
  });
  return answer.need('versions', listOf).filter((version) => typeof version === 'string');
}
