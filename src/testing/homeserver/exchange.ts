import type { IncomingHttpHeaders } from 'node:http';
import type { FaultBehaviour } from './faults.ts';
import type { FakeRequest, Operation } from './route.ts';

/** A request in the log: nothing of it is secret. */
export interface RequestRecord {
  /** Undefined for a path or method the homeserver does not have. */
  readonly operation: Operation | undefined;
  readonly method: string;
  /** The path with its parameters in braces. */
  readonly template: string | undefined;
  /** Of the answer; undefined when none was given. */
  readonly status: number | undefined;
  /** The fault that struck. */
  readonly fault: FaultBehaviour['kind'] | undefined;
}

/** A whole request and its answer, for a checker. Access tokens are blanked out. */
export interface Exchange {
  readonly method: string;
  /** As it was asked for, percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed when it is JSON, else its bytes; undefined when empty. */
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
  /** Whether the answer is a fault's and not the homeserver's own. */
  readonly injected: boolean;
}

/** What stands for a token in an Exchange. */
const blank = 'blanked';

type RequestPart = Pick<Exchange, 'method' | 'path' | 'query' | 'headers' | 'requestBody'>;

export function describeRequest(
  request: Pick<FakeRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>,
): RequestPart {
  const query = new URLSearchParams(request.query);
  if (query.has('access_token')) query.set('access_token', blank);
  const { authorization, ...others } = request.headers;
  const scheme = authorization?.split(' ')[0];
  const headers =
    scheme === undefined ? others : { ...others, authorization: `${scheme} ${blank}` };
  const { method, path } = request;
  return { method, path, query, headers, requestBody: parseBody(request.body) };
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return body;
  }
}
