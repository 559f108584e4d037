import { type Answer, call } from './call.ts';
import type { MatrixRequest, MatrixResponse } from './homeserver.ts';
import { isJsonObject, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import type { Session } from './session.ts';

/** What a homeserver wants before it grants a request (Client-Server API "User-Interactive Authentication API"). */
export interface AuthenticationChallenge {
  readonly kind: 'challenge';
  /** To be given back with the next stage. */
  readonly session: string | undefined;
  /** Each a list of stages, such as `m.login.password`, all of which must be completed. */
  readonly flows: readonly (readonly string[])[];
  readonly completed: readonly string[];
  /** What is needed for a stage, by its name. */
  readonly params: JsonObject;
}

/** Longer names are no stages; the specification's own have about twenty characters. */
const stagePattern = /^[\w.-]{1,100}$/;

/**
 * A POST that the homeserver may want authenticated, with the answer to its last challenge as `auth`.
 * @throws MatrixError for any other answer than 2xx or a challenge, TransportError
 */
export async function userInteractiveCall(
  session: Session,
  path: string,
  body: JsonObject,
  auth: JsonObject | undefined,
  signal: AbortSignal,
): Promise<Answer | AuthenticationChallenge> {
  const request: MatrixRequest = {
    method: 'POST',
    path,
    accessToken: session.accessToken,
    body: JSON.stringify(auth === undefined ? body : { ...body, auth }),
    signal,
  };
  const response = await session.homeserver.request(request);
  const answered = {
    baseUrl: session.homeserver.baseUrl,
    request: async () => await Promise.resolve(response),
    close: async () => await session.homeserver.close(),
  };
  return challengeIn(response) ?? (await call(answered, request));
}

/** Undefined as well for a refused access token, which is a 401 without flows. */
function challengeIn(response: MatrixResponse): AuthenticationChallenge | undefined {
  if (response.status !== 401) return undefined;
  const object = parseObject(response.body);
  const flows = listOf(object?.['flows']);
  if (object === undefined || flows === undefined) return undefined;
  return {
    kind: 'challenge',
    session: textOf(object['session']),
    flows: flows.map((flow) => stagesOf(isJsonObject(flow) ? flow['stages'] : undefined)),
    completed: stagesOf(object['completed']),
    params: objectOf(object['params']) ?? {},
  };
}

const stagesOf = (value: unknown): string[] =>
  (listOf(value) ?? []).filter(
    (stage): stage is string => typeof stage === 'string' && stagePattern.test(stage),
  );

function parseObject(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
