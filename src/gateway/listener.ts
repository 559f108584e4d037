import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { connect } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Failure } from '../errors.ts';
import { explainBrokenRequests } from './broken-request.ts';

/** The parts of the surface that a listener can be limited to, each with the paths it has. */
const parts = {
  v1: ['/v1/'],
  hooks: ['/hooks/'],
  matrix: ['/_matrix/', '/.well-known/matrix/'],
  metrics: ['/metrics'],
} as const;
type SurfacePart = keyof typeof parts;

/** A certificate's chain and its key, in PEM form. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** One address the gateway listens on. */
export interface ListenerOptions {
  /** `host:port`, `[ipv6]:port` or `unix:PATH`. */
  readonly address: string;
  /** Serve nothing but this part, `/healthz` and `/readyz`. */
  readonly only?: SurfacePart | undefined;
  readonly tls?: Certificate | undefined;
  /** Whoever can connect may send as the local source without a token: only for a socket that no proxy leads to. */
  readonly local?: boolean | undefined;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A client that takes longer for its headers is a slow loris, in milliseconds. */
const headersTimeoutMs = 10_000;
/** A megabyte takes this long at 300 kbit/s. */
const requestTimeoutMs = 30_000;
/** Longest query and cookies of any sender known, several times over. */
const headerBytesMax = 16 * 1024;
/** How often timeouts are looked for: a connection may live as much longer. */
const timeoutCheckMs = 5000;
/** Longer than the idle time of common proxies' pools is not needed, as senders come rarely. */
const keepAliveTimeoutMs = 15_000;
/** Each costs some 20 kB: a flood stays below 50 MB. */
const connectionsMax = 2048;
/** Whoever answers on a unix socket answers at once. */
const probeTimeoutMs = 1000;
/** Owner and group. */
const socketMode = 0o660;

function serves(part: SurfacePart, url: string): boolean {
  if (url.startsWith('/healthz') || url.startsWith('/readyz')) return true;
  return parts[part].some((prefix) => url.startsWith(prefix));
}

const notServed = '{"type":"urn:bellhop:error:not_found","title":"Not served here.","status":404}';

function limited(handler: RequestHandler, only: SurfacePart | undefined): RequestHandler {
  if (only === undefined) return handler;
  return (request, response) => {
    if (serves(only, request.url ?? '/')) return handler(request, response);
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end(notServed);
  };
}

/** Whether anybody answers on a unix socket. */
async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(probeTimeoutMs, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Refused: a socket file without anybody behind it. Anything else is left to `listen` to tell.
      end(error.code !== 'ECONNREFUSED');
    });
  });
}

/** What may pass by itself, so that whoever supervises the process may start it again. */
const passingReasons: Readonly<Record<string, string | undefined>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this host has no such address',
};

function unusable(address: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  const passing = passingReasons[code];
  return new Failure(passing === undefined ? 'config_invalid' : 'cannot_listen', {
    problems: [`listen: cannot listen on ${address}: ${passing ?? code}`],
    cause,
  });
}

async function bind(server: Server, where: { path: string } | { host: string; port: number }) {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Removes the socket file that a killed process left. @throws Failure config_invalid for what is no socket: it stays */
async function removeStale(path: string): Promise<void> {
  // What cannot be looked at is left to `listen` to tell.
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    const problems = [`listen: cannot listen on unix:${path}: what is there is no socket`];
    throw new Failure('config_invalid', { problems });
  }
  if (await isAnswered(path)) return;
  await unlink(path).catch(() => undefined);
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

function openServer(options: ListenerOptions, handler: RequestHandler): Server {
  const serverOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: headerBytesMax,
    noDelay: true,
  };
  const server =
    options.tls === undefined
      ? createServer(serverOptions, handler)
      : createTlsServer({ ...serverOptions, ...secured(options.tls) }, handler);
  server.maxConnections = connectionsMax;
  explainBrokenRequests(server, { headerBytesMax, headersTimeoutMs, requestTimeoutMs });
  return server;
}

const secured = (tls: Certificate) => ({ ...tls, minVersion: 'TLSv1.2' as const });

/** @throws Failure config_invalid for a certificate that is none, or not that of the key; never with their content */
export function requireUsableCertificate({ address, tls }: ListenerOptions): void {
  if (tls === undefined) return;
  try {
    createSecureContext(secured(tls));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown error';
    const why = `its certificate and key cannot be used: ${reason}`;
    const problems = [`listen: cannot listen on ${address}: ${why}`];
    throw new Failure('config_invalid', { problems, cause });
  }
}

/** An open listener. */
export interface Listener {
  /** As configured. */
  readonly configured: string;
  /** The same, with the real port in place of 0. */
  readonly address: string;
  readonly server: Server;
}

/** Shows another certificate to whoever connects from now on. */
export function useCertificate({ server }: Listener, tls: Certificate): void {
  if (server instanceof TlsServer) server.setSecureContext(secured(tls));
}

/**
 * Opens one address. A unix socket is for owner and group; one that nobody answers on is replaced, and nothing else is.
 *
 * @throws Failure config_invalid, or cannot_listen for what may pass, naming the address
 */
export async function openListener(
  options: ListenerOptions,
  handler: RequestHandler,
): Promise<Listener> {
  const { address } = options;
  requireUsableCertificate(options);
  const server = openServer(options, limited(handler, options.only));
  try {
    if (address.startsWith('unix:')) {
      const path = address.slice('unix:'.length);
      await removeStale(path);
      await bind(server, { path });
      await chmod(path, socketMode);
      return { configured: address, address, server };
    }
    const { host, port } = hostAndPort(address);
    await bind(server, { host, port });
    const bound = server.address();
    const realPort = typeof bound === 'object' && bound !== null ? bound.port : port;
    const real = `${address.slice(0, address.lastIndexOf(':'))}:${realPort}`;
    return { configured: address, address: real, server };
  } catch (cause) {
    server.close();
    throw unusable(address, cause);
  }
}
