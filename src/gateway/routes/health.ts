import type { RouteOptions } from 'fastify';
import { catalogue } from '../../errors.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { ReadinessCheck } from '../gateway-deps.ts';
import { queryField } from '../request-state.ts';

const retryAfterSeconds = 5;

/** `GET /healthz`: the process answers. */
export function healthz(): RouteOptions {
  return {
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'),
  };
}

function acceptingCheck({ isDraining, submitter }: GatewayContext): ReadinessCheck {
  const name = 'accepting';
  if (isDraining) return { name, ok: false, detail: 'it is shutting down' };
  if (submitter.lacksSpace) return { name, ok: false, detail: catalogue.storage_full.sentence };
  return { name, ok: true };
}

/** `GET /readyz[?verbose]`: whether calls are taken; 503 while draining, on a full disk, or while one of the checks fails. */
export function readyz(context: GatewayContext): RouteOptions {
  return {
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (request, reply) => {
      const readiness = await context.deps.readiness();
      const accepting = acceptingCheck(context);
      const ready = readiness.ready && accepting.ok;
      reply.code(ready ? 200 : 503);
      if (!ready) reply.header('retry-after', retryAfterSeconds);
      if (queryField(request, 'verbose') === undefined) {
        reply.type('text/plain; charset=utf-8');
        return ready ? 'ok\n' : 'not ready\n';
      }
      const checks = [
        accepting,
        ...readiness.checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
      ];
      const body = { ready, version: context.deps.version, checks };
      reply.type('application/json');
      return JSON.stringify(body);
    },
  };
}

/** `GET /metrics`: the Prometheus text format. */
export function metrics(context: GatewayContext): RouteOptions {
  return {
    method: ['GET', 'HEAD'],
    url: '/metrics',
    handler: async (_request, reply) => {
      reply.type('text/plain; version=0.0.4; charset=utf-8');
      return await context.deps.metrics();
    },
  };
}
