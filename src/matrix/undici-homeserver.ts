import { type Dispatcher, Pool } from 'undici';
import { parseBaseUrl } from './base-url.ts';
import { TransportError } from './errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';
import { requestLine } from './request-line.ts';
import {
  connectionsDefault,
  deadlineMsDefault,
  reasonOf,
  requestHeaders,
  responseBytesMaxDefault,
  singleHeaders,
  type TransportOptions,
} from './transport.ts';

/** One request on its way: settles exactly once, by whatever comes first of answer, error, deadline and abort. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: MatrixRequest;
  readonly #bytesMax: number;
  readonly #resolve: (response: MatrixResponse) => void;
  readonly #reject: (error: TransportError) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Record<string, string | undefined> = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    request: MatrixRequest,
    bytesMax: number,
    resolve: (response: MatrixResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#request = request;
    this.#bytesMax = bytesMax;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#cut('deadline'), request.deadlineMs ?? deadlineMsDefault);
    request.signal?.addEventListener('abort', this.#onAbort);
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
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#headers = singleHeaders(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.#cut('answer too large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body: body.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(reasonOf(error), error);
  }

  readonly #onAbort = (): void => {
    this.#cut('aborted', this.#request.signal?.reason);
  };

  #cut(reason: string, cause?: unknown): void {
    const controller = this.#controller;
    this.#fail(reason, cause);
    controller?.abort(new Error(reason));
  }

  #fail(reason: string, cause: unknown): void {
    if (!this.#settle()) return;
    const kind = this.#controller === undefined ? 'unreachable' : 'interrupted';
    this.#reject(new TransportError(kind, requestLine(this.#request), reason, cause));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
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
    async request(request) {
      if (request.signal?.aborted === true) {
        const cause: unknown = request.signal.reason;
        throw new TransportError('unreachable', requestLine(request), 'aborted', cause);
      }
      return await new Promise((resolve, reject) => {
        pool.dispatch(
          {
            path: prefix + request.path,
            method: request.method,
            headers: requestHeaders(request),
            body: request.body ?? null,
          },
          new Exchange(request, bytesMax, resolve, reject),
        );
      });
    },
    async close() {
      await pool.destroy();
    },
  };
}
