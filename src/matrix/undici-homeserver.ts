import { type Dispatcher, Pool } from 'undici';
import { parseBaseUrl } from './base-url.ts';
import { TransportError } from './errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';
import { requestLine } from './request-line.ts';
import { isStreamed, openBody } from './streamed-body.ts';
import {
  connectionsDefault,
  deadlineMsDefault,
  reasonOf,
  requestHeaders,
  responseBytesMaxDefault,
  singleHeaders,
  type TransportOptions,
} from './transport.ts';
import { type Endable, UnderWay } from './under-way.ts';

type IncomingHeaders = Record<string, string | string[] | undefined>;

/** An answer whose headers are read only where somebody asks for one. */
class Received implements MatrixResponse {
  readonly status: number;
  readonly body: string;
  readonly #headers: IncomingHeaders;

  constructor(status: number, headers: IncomingHeaders, body: string) {
    this.status = status;
    this.body = body;
    this.#headers = headers;
  }

  get headers(): MatrixResponse['headers'] {
    return singleHeaders(this.#headers);
  }
}

interface Bounds {
  readonly bytesMax: number;
  readonly underWay: UnderWay;
}

/** One request on its way: settles exactly once, by whatever comes first of answer, error, deadline and abort. */
class Exchange implements Dispatcher.DispatchHandler, Endable {
  readonly dueAt: number;
  place = 0;
  readonly #request: MatrixRequest;
  readonly #bounds: Bounds;
  readonly #resolve: (response: MatrixResponse) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: IncomingHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    request: MatrixRequest,
    bounds: Bounds,
    resolve: (response: MatrixResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#bounds = bounds;
    this.#resolve = resolve;
    this.#reject = reject;
    this.dueAt = performance.now() + (request.deadlineMs ?? deadlineMsDefault);
    bounds.underWay.add(this);
  }

  // Undici calls this just before it writes; until then nothing of the request has left.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Error('settled before it was sent'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bounds.bytesMax) this.cut('answer too large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#resolve(new Received(this.#status, this.#headers, body.toString('utf8')));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(reasonOf(error), error);
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal;
  }

  /** Ends it now, whatever it has come to. */
  cut(reason: string, cause?: unknown): void {
    const controller = this.#controller;
    this.#fail(reason, cause);
    controller?.abort(new Error(reason));
  }

  /** Ends it now, because its body cannot be read. */
  failBody(error: unknown): void {
    if (!this.#settle()) return;
    this.#reject(error);
    this.#controller?.abort(new Error('its body cannot be read', { cause: error }));
  }

  #fail(reason: string, cause: unknown): void {
    if (!this.#settle()) return;
    const kind = this.#controller === undefined ? 'unreachable' : 'interrupted';
    this.#reject(new TransportError(kind, requestLine(this.#request), reason, cause));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#bounds.underWay.delete(this);
    return true;
  }
}

/**
 * Speaks to a homeserver through a pool of kept connections, for programs that stay.
 * @throws TypeError when `baseUrl` is not one.
 */
export function openHomeserver(baseUrl: string, options: TransportOptions = {}): Homeserver {
  const parsed = parseBaseUrl(baseUrl);
  if (parsed === undefined) throw new TypeError('not the base URL of a homeserver');
  const { origin, pathname } = new URL(parsed);
  const prefix = pathname === '/' ? '' : pathname;
  const bytesMax = options.responseBytesMax ?? responseBytesMaxDefault;
  const bounds = { bytesMax, underWay: new UnderWay() };
  const { ca } = options.tls ?? {};
  const pool = new Pool(origin, {
    connections: options.connections ?? connectionsDefault,
    // One request at a time on each connection, so that it is known of each whether it was sent.
    pipelining: 1,
    allowH2: false,
    // The exchange has its own deadline for the whole.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] },
  });
  return {
    baseUrl: parsed,
    request(request) {
      return new Promise((resolve, reject) => {
        if (request.signal?.aborted === true) {
          const cause: unknown = request.signal.reason;
          reject(new TransportError('unreachable', requestLine(request), 'aborted', cause));
          return;
        }
        const exchange = new Exchange(request, bounds, resolve, reject);
        const { body } = request;
        pool.dispatch(
          {
            path: prefix + request.path,
            method: request.method,
            headers: requestHeaders(request),
            body: isStreamed(body)
              ? openBody(body, (error) => exchange.failBody(error))
              : (body ?? null),
          },
          exchange,
        );
      });
    },
    async close() {
      await pool.destroy();
    },
  };
}
