import type { Server, ServerResponse } from 'node:http';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pause } from '../clock.ts';
import { Failure } from '../errors.ts';
import { watchHandshakes } from './failed-handshakes.ts';
import { GatewayContext } from './gateway-context.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import {
  type Listener,
  type ListenerOptions,
  openListener,
  type RequestHandler,
  requireUsableCertificate,
  useCertificate,
} from './listener.ts';
import { problemDocument } from './problem.ts';
import { createSurface } from './surface.ts';

/** How often a drain looks for connections that have become idle, in milliseconds. */
const drainStepMs = 25;
const drainingBody = problemDocument(new Failure('shutting_down'));

/** Tells a caller that came on a kept connection while the gateway drains. */
function turnAway(response: ServerResponse): void {
  const headers = {
    'content-type': 'application/problem+json',
    'retry-after': '5',
    connection: 'close',
  };
  response.writeHead(503, headers).end(drainingBody);
}

/** The HTTP door of the house. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #surface: FastifyInstance;
  readonly #listeners: Listener[] = [];
  /** Monotonic time. */
  #drainsUntil = Number.POSITIVE_INFINITY;
  #drained: Promise<void> | undefined;

  constructor(context: GatewayContext, surface: FastifyInstance) {
    this.#context = context;
    this.#surface = surface;
  }

  /**
   * Opens all addresses, or none.
   *
   * @returns the addresses with their real ports
   * @throws Failure config_invalid for the first that cannot be opened
   */
  async listen(listeners: readonly ListenerOptions[]): Promise<string[]> {
    const opened: string[] = [];
    try {
      for (const options of listeners) {
        const listener = await openListener(options, this.#handler());
        this.#listeners.push(listener);
        this.#watch(listener);
        if (options.local === true) this.#rememberLocal(listener.server);
        opened.push(listener.address);
        this.#context.deps.events.listening({ address: listener.address });
      }
    } catch (error) {
      for (const { server } of this.#listeners.splice(0)) server.close();
      throw error;
    }
    return opened;
  }

  #watch(listener: Listener): void {
    const { clock, events } = this.#context.deps;
    watchHandshakes(listener, clock, (failed) => events.handshakeFailed(failed));
  }

  /**
   * Shows the certificates of `listeners` on the addresses that are open with one: all of them, or none. Connections that
   * are there go on.
   *
   * @throws Failure config_invalid for the first that cannot be used
   */
  renewCertificates(listeners: readonly ListenerOptions[]): void {
    for (const options of listeners) requireUsableCertificate(options);
    for (const { address, tls } of listeners) {
      const listener = this.#listeners.find(({ configured }) => configured === address);
      if (listener !== undefined && tls !== undefined) useCertificate(listener, tls);
    }
  }

  /** Answers a request without a socket. */
  async inject(options: InjectOptions): Promise<LightMyRequestResponse> {
    return await this.#surface.inject(options);
  }

  /**
   * Stops taking calls: not ready, no new connections, held calls are answered as things are, running ones to their end.
   * After `deadlineMs` what is left is cut. Then everything is closed. A second call can only bring the deadline forward.
   */
  async drain(deadlineMs: number): Promise<void> {
    const endsAt = this.#context.deps.clock.monotonic() + deadlineMs;
    this.#drainsUntil = Math.min(this.#drainsUntil, endsAt);
    this.#drained ??= this.#drainOnce();
    await this.#drained;
  }

  async #drainOnce(): Promise<void> {
    const { clock, events } = this.#context.deps;
    const servers = this.#listeners.splice(0).map(({ server }) => server);
    this.#context.isDraining = true;
    this.#context.waiting.end();
    let open = servers.length;
    for (const server of servers) {
      server.close(() => {
        open -= 1;
      });
    }
    while (open > 0 && clock.monotonic() < this.#drainsUntil) {
      for (const server of servers) server.closeIdleConnections();
      await pause(clock, drainStepMs);
    }
    let cut = 0;
    for (const server of servers) {
      cut += await countConnections(server);
      server.closeAllConnections();
    }
    events.drained({ cut });
    await this.#surface.close();
  }

  #handler(): RequestHandler {
    const context = this.#context;
    const { routing } = this.#surface;
    return (request, response) => {
      if (context.isDraining && !isProbe(request.url)) turnAway(response);
      else routing(request, response);
    };
  }

  #rememberLocal(server: Server): void {
    const { localSockets } = this.#context;
    server.on('connection', (socket) => localSockets.add(socket));
  }
}

async function countConnections(server: Server): Promise<number> {
  return await new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}

/** Probes are answered until the end: that is how a load balancer learns of it. */
function isProbe(url: string | undefined): boolean {
  return url?.startsWith('/readyz') === true || url?.startsWith('/healthz') === true;
}

/** The gateway with all its routes; it listens nowhere yet. */
export async function openGateway(deps: GatewayDeps): Promise<Gateway> {
  const context = new GatewayContext(deps);
  const surface = createSurface(context);
  await surface.ready();
  return new Gateway(context, surface);
}
