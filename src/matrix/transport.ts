import { isStreamed, type RequestBody } from './streamed-body.ts';

/** How a connection to a homeserver is made. */
export interface TransportOptions {
  /** Connections at once; further requests wait for one within their deadline. */
  readonly connections?: number | undefined;
  /** Certificates to trust in place of the system's, as PEM. */
  readonly tls?: { readonly ca: string | readonly string[] } | undefined;
  /** A larger answer is cut off and counts as interrupted. */
  readonly responseBytesMax?: number | undefined;
}

/** As many as the busiest lanes profit from: Synapse itself answers about a hundred sends a second. */
export const connectionsDefault = 64;
/** The state of a large room fits; a runaway answer does not fill the memory. */
export const responseBytesMaxDefault: number = 16 * 2 ** 20;
/** Synapse answers a send within a second; a server that is busy with a join of a large room takes longer. */
export const deadlineMsDefault = 30_000;

const agent = 'Bellhop';

/** The headers of a request, as name and value in turn. */
export function requestHeaders(request: {
  readonly accessToken?: string | undefined;
  readonly body?: RequestBody | undefined;
  readonly contentType?: string | undefined;
}): string[] {
  const headers = ['user-agent', agent, 'accept', 'application/json'];
  if (request.accessToken !== undefined) {
    headers.push('authorization', `Bearer ${request.accessToken}`);
  }
  if (request.body !== undefined) {
    headers.push('content-type', request.contentType ?? 'application/json');
    if (isStreamed(request.body)) headers.push('content-length', String(request.body.sizeBytes));
  }
  return headers;
}

/** Headers as they arrive, with repeated ones joined. */
export function singleHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  const single: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    single[name] = typeof value === 'object' ? value.join(', ') : value;
  }
  return single;
}

/** The code of a system or library error, which names its reason without the words that could hold an address. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) {
    const codes = error.errors.map(reasonOf);
    if (codes.length > 0) return [...new Set(codes)].join(', ');
  }
  if (error instanceof Error) {
    return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  }
  return 'unknown';
}
