import * as http from 'node:http';
import type { AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import { parseBaseUrl } from './base-url.ts';
import { TransportError } from './errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';
import { requestLine } from './request-line.ts';
import { isStreamed, openBody, type RequestBody } from './streamed-body.ts';
import {
  deadlineMsDefault,
  reasonOf,
  requestHeaders,
  responseBytesMaxDefault,
  singleHeaders,
  type TransportOptions,
} from './transport.ts';

/** A program that says one thing needs few connections. */
const connectionsOneShot = 4;

/**
 * Speaks to a homeserver through `node:http`, which loads many times faster than undici: for programs that say one
 * thing and end.
 * @throws TypeError when `baseUrl` is not one.
 */
export function openNodeHomeserver(baseUrl: string, options: TransportOptions = {}): Homeserver {
  const parsed = parseBaseUrl(baseUrl);
  if (parsed === undefined) throw new TypeError('not the base URL of a homeserver');
  const url = new URL(parsed);
  const secure = url.protocol === 'https:';
  const { ca } = options.tls ?? {};
  const agentOptions = {
    keepAlive: true,
    maxSockets: options.connections ?? connectionsOneShot,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
  };
  let client: Promise<Client> | undefined;
  const prefix = url.pathname === '/' ? '' : url.pathname;
  const connected = new WeakSet<Socket>();
  const begin = ({ module, agent }: Client, request: MatrixRequest): http.ClientRequest =>
    module.request({
      agent,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: prefix + request.path,
      method: request.method,
      headers: headersOf(request, url.host),
    });
  return {
    baseUrl: parsed,
    async request(request) {
      client ??= openClient(secure, agentOptions);
      const opened = await client;
      return await exchange(request, {
        begin: () => begin(opened, request),
        connected,
        connectEvent: secure ? 'secureConnect' : 'connect',
        bytesMax: options.responseBytesMax ?? responseBytesMaxDefault,
      });
    },
    async close() {
      (await client)?.agent.destroy();
    },
  };
}

interface Client {
  readonly module: Pick<typeof http, 'request'>;
  readonly agent: http.Agent;
}

/** TLS takes as long to load as a send over plain HTTP takes as a whole. */
async function openClient(secure: boolean, options: AgentOptions): Promise<Client> {
  if (!secure) return { module: http, agent: new http.Agent(options) };
  const module = await import('node:https');
  return { module, agent: new module.Agent(options) };
}

function headersOf(request: MatrixRequest, host: string): string[] {
  const headers = ['host', host, ...requestHeaders(request)];
  if (isStreamed(request.body)) return headers;
  if (request.body !== undefined) {
    headers.push('content-length', String(Buffer.byteLength(request.body)));
  } else if (request.method === 'PUT' || request.method === 'POST') {
    headers.push('content-length', '0');
  }
  return headers;
}

interface Way {
  readonly begin: () => http.ClientRequest;
  /** Sockets over which requests may leave. */
  readonly connected: WeakSet<Socket>;
  readonly connectEvent: 'connect' | 'secureConnect';
  readonly bytesMax: number;
}

async function exchange(request: MatrixRequest, way: Way): Promise<MatrixResponse> {
  let sent = false;
  const failure = (reason: string, cause: unknown): TransportError =>
    new TransportError(sent ? 'interrupted' : 'unreachable', requestLine(request), reason, cause);
  if (request.signal?.aborted === true) throw failure('aborted', request.signal.reason);
  let outgoing: http.ClientRequest;
  try {
    outgoing = way.begin();
  } catch (error) {
    throw failure(reasonOf(error), error);
  }
  outgoing.once('socket', (socket) => {
    if (way.connected.has(socket)) {
      sent = true;
      return;
    }
    socket.once(way.connectEvent, () => {
      way.connected.add(socket);
      sent = true;
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<MatrixResponse>();
  const cut = (reason: string, cause?: unknown): void => {
    reject(failure(reason, cause));
    outgoing.destroy();
  };
  const onAbort = (): void => cut('aborted', request.signal?.reason);
  const timer = setTimeout(() => cut('deadline'), request.deadlineMs ?? deadlineMsDefault);
  request.signal?.addEventListener('abort', onAbort);
  outgoing.once('response', (incoming) => collect(incoming, way.bytesMax, resolve, cut));
  outgoing.on('error', (error) => cut(reasonOf(error), error));
  outgoing.once('close', () => cut('closed'));
  sendBody(request.body, outgoing, reject);
  try {
    return await promise;
  } finally {
    // An answer that did not wait for the whole body ends the reading of it.
    if (isStreamed(request.body) && !outgoing.writableFinished) outgoing.destroy();
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  }
}

function sendBody(
  body: RequestBody | undefined,
  outgoing: http.ClientRequest,
  reject: (error: unknown) => void,
): void {
  if (!isStreamed(body)) {
    outgoing.end(body);
    return;
  }
  const source = openBody(body, (error) => {
    reject(error);
    outgoing.destroy();
  });
  outgoing.once('close', () => source.destroy());
  source.pipe(outgoing);
}

function collect(
  incoming: http.IncomingMessage,
  bytesMax: number,
  resolve: (response: MatrixResponse) => void,
  cut: (reason: string, cause?: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) cut('answer too large');
    else chunks.push(chunk);
  });
  incoming.on('error', (error) => cut(reasonOf(error), error));
  incoming.on('end', () => {
    resolve({
      status: incoming.statusCode ?? 0,
      headers: singleHeaders(incoming.headers),
      body: Buffer.concat(chunks).toString('utf8'),
    });
  });
}
