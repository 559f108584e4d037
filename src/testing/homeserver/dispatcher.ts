import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause } from '../../clock.ts';
import { describeRequest, type Exchange, type RequestRecord } from './exchange.ts';
import { type FaultBehaviour, type Faults, faultReply } from './faults.ts';
import { Refusal, type Reply } from './reply.ts';
import type { Answer, FakeRequest, Operation } from './route.ts';
import { Router } from './router.ts';
import { allRoutes } from './routes/all-routes.ts';
import type { World } from './world.ts';

/** Synapse breaks the connection when a body is larger than this and than the largest upload. */
const bodyBytesMaxLeast = 13_107_200;

export interface DispatcherOptions {
  readonly world: World;
  readonly faults: Faults;
  /** Called for every request; undefined when nothing is recorded. */
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  readonly exchangeListeners: ReadonlySet<(exchange: Exchange) => void>;
}

/** Takes requests from the socket to their route, through the faults that are set, and writes what comes back. */
export class Dispatcher {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #onRequest: ((record: RequestRecord) => void) | undefined;
  readonly #exchangeListeners: ReadonlySet<(exchange: Exchange) => void>;
  readonly #router = new Router(allRoutes);
  readonly #bodyBytesMax: number;

  constructor(options: DispatcherOptions) {
    this.#world = options.world;
    this.#faults = options.faults;
    this.#onRequest = options.onRequest;
    this.#exchangeListeners = options.exchangeListeners;
    this.#bodyBytesMax = Math.max(bodyBytesMaxLeast, options.world.media.uploadBytesMax);
  }

  /** A listener of `node:http`. */
  readonly handle = (incoming: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > this.#bodyBytesMax) incoming.socket.destroy();
      else parts.push(part);
    });
    incoming.on('end', () => {
      const body = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      this.#dispatch(incoming, body, response).catch((cause: unknown) => {
        // A bug of the fake itself: break the connection and let the process say what it was.
        response.destroy();
        throw cause;
      });
    });
  };

  async #dispatch(
    incoming: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const method = incoming.method ?? 'GET';
    const match = this.#router.match(method, path);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    const { headers } = incoming;
    if (match.route === undefined) {
      const reply = unrecognized(match.known);
      write(response, reply);
      this.#observe({ method, path, query, headers, body }, undefined, reply, undefined);
      return;
    }
    const { operation, template } = match.route;
    const accessToken = tokenOf(headers.authorization, query);
    const { param } = match;
    const request = { method, operation, template, path, query, param, headers, body, accessToken };
    this.#watch(request);
    const fault = this.#faults.pick(request);
    const answer = () => this.#answer(request, match.route.answer, response);
    const reply = await this.#misbehave(fault, answer, response);
    this.#observe(request, request, reply, fault?.kind);
  }

  /** Answers as the fault says, and returns the answer that went out whole. */
  async #misbehave(
    fault: FaultBehaviour | undefined,
    answer: () => Promise<Reply>,
    response: ServerResponse,
  ): Promise<Reply | undefined> {
    if (fault === undefined) return write(response, await answer());
    switch (fault.kind) {
      case 'status':
        if (fault.processed === true) await answer();
        return write(response, faultReply(fault, this.#world.clock));
      case 'rate-limited':
      case 'html':
        return write(response, faultReply(fault, this.#world.clock));
      case 'slow': {
        const reply = await answer();
        await pause(this.#world.clock, fault.delayMs, closing(response));
        return write(response, reply);
      }
      case 'cut-answer':
        cut(response, await answer());
        return undefined;
      case 'drop-answer':
        await answer();
        response.destroy();
        return undefined;
      case 'drop-request':
        response.destroy();
        return undefined;
      case 'stall':
        if (fault.processed === true) await answer();
        return undefined;
    }
  }

  /** Lets the checker see each ciphertext that left a client, also one that a fault keeps from its effect. */
  #watch(request: FakeRequest): void {
    const { operation, body, param } = request;
    const checker = this.#world.encryptionChecker;
    if (param('eventType') !== 'm.room.encrypted') return;
    if (operation === 'sendMessage') checker.roomEvent(readJson(body));
    if (operation === 'sendToDevice') checker.toDeviceRequest(readJson(body));
  }

  async #answer(request: FakeRequest, answer: Answer, response: ServerResponse): Promise<Reply> {
    try {
      return await answer(this.#world, request, () => closing(response));
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.reply;
      throw thrown;
    }
  }

  #observe(
    request: Parameters<typeof describeRequest>[0],
    matched: { readonly operation: Operation; readonly template: string } | undefined,
    reply: Reply | undefined,
    fault: FaultBehaviour['kind'] | undefined,
  ): void {
    this.#onRequest?.({
      operation: matched?.operation,
      method: request.method,
      template: matched?.template,
      status: reply?.status,
      fault,
    });
    if (this.#exchangeListeners.size === 0 || reply === undefined) return;
    const exchange: Exchange = {
      ...describeRequest(request),
      status: reply.status,
      responseBody: reply.body,
      injected: fault !== undefined && fault !== 'slow',
    };
    for (const listener of this.#exchangeListeners) listener(exchange);
  }
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The route says so.
    return undefined;
  }
}

function unrecognized(known: boolean): Reply {
  return new Refusal(known ? 405 : 404, 'M_UNRECOGNIZED', 'Unrecognized request').reply;
}

function tokenOf(authorization: string | undefined, query: URLSearchParams): string | undefined {
  if (authorization?.startsWith('Bearer ') === true) return authorization.slice('Bearer '.length);
  return query.get('access_token') ?? undefined;
}

function closing(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function write(response: ServerResponse, reply: Reply): Reply {
  const bytes = encode(reply);
  response.writeHead(reply.status, headersOf(reply, bytes));
  response.end(bytes);
  return reply;
}

/** Writes the head and half of the body, then breaks the connection. */
function cut(response: ServerResponse, reply: Reply): void {
  const bytes = encode(reply);
  response.writeHead(reply.status, headersOf(reply, bytes));
  const half = Buffer.from(bytes).subarray(0, Math.floor(bytes.length / 2));
  response.write(half, () => response.destroy());
}

const encode = ({ body }: Reply): Uint8Array | string =>
  body instanceof Uint8Array ? body : JSON.stringify(body);

function headersOf(reply: Reply, bytes: Uint8Array | string): Record<string, string | number> {
  return {
    'content-type': reply.contentType ?? 'application/json',
    'content-length': Buffer.byteLength(bytes),
    ...reply.headers,
  };
}
