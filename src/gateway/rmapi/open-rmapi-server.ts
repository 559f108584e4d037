import type { Server } from 'node:http';
import { pause } from '../../clock.ts';
import { Failure, toFailure } from '../../errors.ts';
import { watchHandshakes } from '../failed-handshakes.ts';
import { type Listener, openListener, type RequestHandler } from '../listener.ts';
import { RmapiContext } from './rmapi-context.ts';
import type { RmapiDeps } from './rmapi-deps.ts';
import { createRmapiSurface } from './rmapi-surface.ts';
import { ServerTrust, type TlsLook } from './server-trust.ts';
import { readUiFiles } from './ui-files.ts';

/** How often `close` looks for connections that have become idle, in milliseconds. */
const drainStepMs = 25;

/** The drop-in's open door. */
export interface RmapiServer {
  /** As configured, with the real port in place of 0. */
  readonly address: string;
  /** Of the listener for health alone; undefined: there is none. */
  readonly healthAddress: string | undefined;
  /** Takes what is in the TLS files now; undefined: there are none. */
  lookAtTls(): Promise<TlsLook | undefined>;
  /** Takes no more calls, lets the running ones end, and after `deadlineMs` cuts what is left. */
  close(deadlineMs: number): Promise<void>;
}

async function drain(server: Server, { deps }: RmapiContext, deadlineMs: number): Promise<void> {
  const { clock } = deps;
  const endsAt = clock.monotonic() + deadlineMs;
  const closed = new AbortController();
  server.close(() => closed.abort());
  while (!closed.signal.aborted && clock.monotonic() < endsAt) {
    server.closeIdleConnections();
    await pause(clock, drainStepMs, closed.signal);
  }
  server.closeAllConnections();
}

/** What a prober may ask; all of it is open to anybody on the main listener too. */
const healthPaths = ['/api/v1/healthcheck', '/readyz', '/healthz'];

function healthOnly(handler: RequestHandler): RequestHandler {
  return (request, response) => {
    if (healthPaths.includes(request.url ?? '')) return handler(request, response);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}');
  };
}

/** An address that can never be opened is a mistake in the environment here, and in a configuration file elsewhere. */
function ofRmapi(failure: Failure): Failure {
  const { code, problems, cause } = failure;
  return code === 'config_invalid' ? new Failure('rmapi_invalid', { problems, cause }) : failure;
}

async function openOwn(...listener: Parameters<typeof openListener>): Promise<Listener> {
  try {
    return await openListener(...listener);
  } catch (error) {
    throw ofRmapi(toFailure(error));
  }
}

const openHealth = async (address: string, handler: RequestHandler): Promise<Listener> =>
  await openOwn({ address }, healthOnly(handler));

/**
 * Opens the drop-in for python-matrix-rmapi's HTTP interface, at once and without any homeserver: plain, for a proxy that
 * checks certificates, or with TLS and certificates of its own.
 *
 * @throws Failure rmapi_invalid or cannot_listen for an address that cannot be opened, or TLS or browser files that cannot be used
 */
export async function openRmapiServer(deps: RmapiDeps): Promise<RmapiServer> {
  const { listen, tls, healthListen, uiDirectory } = deps.settings;
  const trust = tls && (await ServerTrust.open(tls, deps.clock, deps.events));
  const context = new RmapiContext(deps, trust);
  const uiFiles = uiDirectory === undefined ? new Map() : await readUiFiles(uiDirectory);
  const surface = createRmapiSurface(context, uiFiles);
  await surface.ready();
  const { routing } = surface;
  // The listener hands on whatever TLS options it is given.
  const main = await openOwn({ address: listen, tls: trust?.options }, routing);
  trust?.keep(main.server);
  watchHandshakes(main, deps.clock, (failed) => deps.events.handshakeFailed(failed));
  const health =
    healthListen === undefined
      ? undefined
      : await openHealth(healthListen, routing).catch((error: unknown) => {
          trust?.close();
          main.server.close();
          throw error;
        });
  return {
    address: main.address,
    healthAddress: health?.address,
    lookAtTls: async () => await trust?.lookNow(),
    close: async (deadlineMs) => {
      context.isDraining = true;
      trust?.close();
      await drain(main.server, context, deadlineMs);
      if (health !== undefined) await drain(health.server, context, 0);
      await surface.close();
    },
  };
}
