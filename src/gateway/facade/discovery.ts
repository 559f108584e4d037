import type { FastifyRequest, RouteOptions } from 'fastify';
import { settingsOf } from '../request-state.ts';

/** What the façade is close enough to; clients look for one they know. */
const versions: readonly string[] = [
  ...['r0.0.1', 'r0.1.0', 'r0.2.0', 'r0.3.0', 'r0.4.0', 'r0.5.0', 'r0.6.0', 'r0.6.1'],
  ...['v1.1', 'v1.2', 'v1.3', 'v1.4', 'v1.5', 'v1.6', 'v1.7', 'v1.8', 'v1.9', 'v1.10', 'v1.11'],
];
const versionsBody = JSON.stringify({ versions, unstable_features: {} });

/** A host with an optional port, and nothing that could turn the answer into something else. */
const hostPattern = /^[A-Za-z0-9.:[\]_-]{1,255}$/;

/** The last value, which the proxy nearest to us has set. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.at(-1) : header;
  return text?.split(',').at(-1)?.trim();
}

function isTls(request: FastifyRequest): boolean {
  return 'encrypted' in request.raw.socket && request.raw.socket.encrypted === true;
}

/**
 * The URL under which the caller reached the gateway, without a trailing slash: what a trusted proxy says, else the Host
 * header, else `public_url`. A host that is the one of `public_url` gets its scheme and path, too.
 */
function baseUrlOf(request: FastifyRequest): string | undefined {
  const { publicUrl, trustedProxies } = settingsOf(request);
  const { headers, socket } = request.raw;
  const isProxied = trustedProxies.has(socket.remoteAddress);
  const forwardedHost = isProxied ? lastOf(headers['x-forwarded-host']) : undefined;
  const forwardedScheme = isProxied ? lastOf(headers['x-forwarded-proto']) : undefined;
  const host = forwardedHost ?? headers.host;
  if (host === undefined || !hostPattern.test(host)) return publicUrl;
  if (publicUrl !== undefined && new URL(publicUrl).host === host.toLowerCase()) return publicUrl;
  const isSecure = forwardedScheme === undefined ? isTls(request) : forwardedScheme === 'https';
  return `${isSecure ? 'https' : 'http'}://${host}`;
}

/** `GET /_matrix/client/versions` */
export function clientVersions(): RouteOptions {
  return {
    method: 'GET',
    url: '/_matrix/client/versions',
    handler: (_request, reply) => reply.type('application/json').send(versionsBody),
  };
}

/** `GET /.well-known/matrix/client`: the homeserver of whoever asks here is the gateway itself. */
export function wellKnownClient(): RouteOptions {
  return {
    method: 'GET',
    url: '/.well-known/matrix/client',
    handler: (request, reply) => {
      const baseUrl = baseUrlOf(request);
      if (baseUrl === undefined) {
        return reply
          .code(404)
          .type('application/json')
          .send('{"errcode":"M_NOT_FOUND","error":"No host."}');
      }
      return reply
        .header('access-control-allow-origin', '*')
        .type('application/json')
        .send(JSON.stringify({ 'm.homeserver': { base_url: baseUrl } }));
    },
  };
}
