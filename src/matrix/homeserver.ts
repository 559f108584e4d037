import type { RequestBody } from './streamed-body.ts';

/** One request to a homeserver, before authentication. */
export interface MatrixRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute path, percent-encoded, with query. */
  readonly path: string;
  readonly accessToken?: string | undefined;
  /** A JSON text, as such or in UTF-8; with `contentType` raw bytes. A streamed body makes this a request for one use. */
  readonly body?: RequestBody | undefined;
  readonly contentType?: string | undefined;
  /** Whole-request deadline; default 30 s. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came back, whatever the status. */
export interface MatrixResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/**
 * A connection pool to one homeserver. It neither retries nor follows redirects nor judges the status.
 * The daemon's implementation speaks through undici `dispatch`, the one-shot's through `node:http`.
 */
export interface Homeserver {
  /** The base URL without a trailing slash. */
  readonly baseUrl: string;
  /**
   * @throws TransportError when no complete answer arrived.
   * @throws whatever reading a streamed body throws, after the request was broken off.
   */
  request(request: MatrixRequest): Promise<MatrixResponse>;
  close(): Promise<void>;
}
