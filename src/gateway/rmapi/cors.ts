import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What a browser may keep a preflight's answer for, in seconds: as the original. */
const maxAgeSeconds = 600;
const preflightMethods = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY';
const preflightVary =
  'Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network';

/** Whether a page of this origin may read answers: the deployment's own address, or a host below it, on its port. */
export function isAllowedOrigin(origin: string, deployUrl: string): boolean {
  const page = URL.parse(origin);
  const home = URL.parse(deployUrl);
  // A browser's Origin has no path, not even a slash.
  if (page === null || home === null || page.origin !== origin) return false;
  const isBelow = page.hostname === home.hostname || page.hostname.endsWith(`.${home.hostname}`);
  return isBelow && page.protocol === home.protocol && page.port === home.port;
}

function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: boolean,
): FastifyReply {
  const { headers } = request;
  const wanted = headers['access-control-request-method'] ?? '';
  const failures = [
    ...(allowed ? [] : ['origin']),
    ...(preflightMethods.split(', ').includes(wanted) ? [] : ['method']),
    ...(headers['access-control-request-private-network'] === undefined ? [] : ['private-network']),
  ];
  reply.headers({
    vary: preflightVary,
    'access-control-allow-methods': preflightMethods,
    'access-control-max-age': maxAgeSeconds,
  });
  const asked = headers['access-control-request-headers'];
  if (asked !== undefined) reply.header('access-control-allow-headers', asked);
  reply.type('text/plain; charset=utf-8');
  return failures.length === 0
    ? reply.code(200).send('OK')
    : reply.code(400).send(`Disallowed CORS ${failures.join(', ')}`);
}

/** Answers what browsers ask before and with a request from a page of the deployment (Fetch standard, CORS). */
export function allowOrigins(app: FastifyInstance, deployUrl: string): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': wanted } = request.headers;
    reply.header('vary', 'Origin');
    if (origin === undefined) return done();
    const allowed = isAllowedOrigin(origin, deployUrl);
    reply.header('access-control-allow-credentials', 'true');
    if (allowed) reply.header('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS' || wanted === undefined) return done();
    answerPreflight(request, reply, allowed);
  });
}
