import type { RouteOptions } from 'fastify';
import { pause } from '../../../clock.ts';
import type { ReadinessCheck } from '../../gateway-deps.ts';
import type { RmapiContext } from '../rmapi-context.ts';

/** The original's own check gives up after 2 s. */
const checksMsMax = 1500;
const retryAfterSeconds = 5;

interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly ReadinessCheck[];
}

/** What works and what does not, within a time that any prober waits. */
async function readinessOf(context: RmapiContext): Promise<Readiness> {
  const { deps, isDraining } = context;
  const late = new AbortController();
  const silent: Readiness = {
    ready: false,
    checks: [{ name: 'checks', ok: false, detail: 'no answer in time' }],
  };
  const failed: Readiness = { ready: false, checks: [{ name: 'checks', ok: false }] };
  const { ready, checks } = await Promise.race([
    deps.readiness().catch(() => failed),
    pause(deps.clock, checksMsMax, late.signal).then(() => silent),
  ]);
  late.abort();
  const trust = context.trustCheck();
  const all = [
    { name: 'accepting', ok: !isDraining },
    ...(trust === undefined ? [] : [trust]),
    ...checks,
  ];
  return { ready: ready && all.every(({ ok }) => ok), checks: all };
}

/** What is the matter, in one line. */
function summary({ ready, checks }: Readiness): string {
  const told = checks.filter(({ ok, detail }) => !ok || detail !== undefined);
  const words = told.map(({ name, ok, detail }) => `${name}: ${detail ?? (ok ? 'ok' : 'failing')}`);
  return [ready ? 'ready' : 'not ready', ...words].join('; ');
}

/** `GET /api/v1/healthcheck`: always 200, in the shape that the caller knows; `extra` tells the truth in either policy. */
function healthcheck(context: RmapiContext): RouteOptions {
  return {
    method: 'GET',
    url: '/api/v1/healthcheck',
    handler: async (_request, reply) => {
      const readiness = await readinessOf(context);
      const healthy = context.deps.settings.health === 'always' || readiness.ready;
      reply.type('application/json');
      return JSON.stringify({ healthy, extra: summary(readiness) });
    },
  };
}

/** `GET /readyz`: 200 while changes are taken and the homeserver can be spoken to, else 503; with all checks. */
function readyz(context: RmapiContext): RouteOptions {
  return {
    method: 'GET',
    url: '/readyz',
    handler: async (_request, reply) => {
      const { ready, checks } = await readinessOf(context);
      reply.code(ready ? 200 : 503).type('application/json');
      if (!ready) reply.header('retry-after', retryAfterSeconds);
      return JSON.stringify({ ready, version: context.deps.version, checks });
    },
  };
}

/** `GET /healthz`: the process answers. */
function healthz(): RouteOptions {
  return {
    method: 'GET',
    url: '/healthz',
    handler: (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'),
  };
}

/** How it is, to anybody. */
export function checkHealth(context: RmapiContext): RouteOptions[] {
  return [healthcheck(context), readyz(context), healthz()];
}
