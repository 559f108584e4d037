import { MatrixError, type Refusal } from './errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { requestLine } from './request-line.ts';
import { retryAfterMs } from './retry-after.ts';

/** Enough for any sentence of a homeserver; what is longer does not help and fills the logs. */
const errorCharactersMax = 300;

/** A 2xx answer with a JSON object, whose fields are parsed as they are read. */
export class Answer {
  readonly object: JsonObject;
  readonly #request: MatrixRequest;
  readonly #status: number;

  constructor(request: MatrixRequest, status: number, object: JsonObject) {
    this.#request = request;
    this.#status = status;
    this.object = object;
  }

  /** @throws MatrixError when the field is missing or `parse` does not take it. */
  need<Value>(name: string, parse: (value: unknown) => Value | undefined): Value {
    const value = parse(this.object[name]);
    if (value === undefined) throw this.unusable(name);
    return value;
  }

  unusable(name: string): MatrixError {
    return new MatrixError(requestLine(this.#request), {
      status: this.#status,
      errcode: 'M_UNKNOWN',
      error: `unusable answer: no ${name}`,
      json: false,
    });
  }
}

/**
 * One request and its JSON answer.
 * @throws MatrixError for any other answer than 2xx with a JSON object.
 * @throws TransportError when no complete answer arrived.
 */
export async function call(homeserver: Homeserver, request: MatrixRequest): Promise<Answer> {
  return answerOf(request, await homeserver.request(request));
}

/** What came back for `request`, read. @throws MatrixError for any other answer than 2xx with a JSON object. */
export function answerOf(request: MatrixRequest, response: MatrixResponse): Answer {
  const object = parseObject(response.body);
  if (response.status >= 200 && response.status < 300 && object !== undefined) {
    return new Answer(request, response.status, object);
  }
  throw new MatrixError(requestLine(request), refusalOf(response, object));
}

/** What another answer than 2xx with a JSON object means. */
function refusalOf(response: MatrixResponse, object: JsonObject | undefined): Refusal {
  const errcode = object?.['errcode'];
  const error = object?.['error'];
  return {
    status: response.status,
    errcode: typeof errcode === 'string' && /^[\w.]{1,100}$/.test(errcode) ? errcode : 'M_UNKNOWN',
    error: typeof error === 'string' ? printable(error) : 'an answer that is no Matrix error',
    json: object !== undefined,
    retryAfterMs: retryAfterMs(response.headers, object?.['retry_after_ms']),
    softLogout: object?.['soft_logout'] === true,
  };
}

function parseObject(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function printable(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length <= errorCharactersMax ? line : `${line.slice(0, errorCharactersMax)}…`;
}
