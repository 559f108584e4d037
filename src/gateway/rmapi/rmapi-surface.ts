import type { IncomingMessage } from 'node:http';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type HTTPMethods,
  type RouteOptions,
} from 'fastify';
import { Failure } from '../../errors.ts';
import { readBody } from '../read-body.ts';
import { allowOrigins } from './cors.ts';
import type { RmapiContext } from './rmapi-context.ts';
import { RmapiRefusal } from './rmapi-refusal.ts';
import { addProduct } from './routes/add-product.ts';
import { changePeople } from './routes/change-people.ts';
import { checkHealth } from './routes/check-health.ts';
import { describeProduct } from './routes/describe-product.ts';
import { explainInterface } from './routes/explain-interface.ts';
import { instructUsers } from './routes/instruct-users.ts';
import { serveUi } from './routes/serve-ui.ts';
import type { UiFile } from './ui-files.ts';

/** A language tag has a few characters; the rest is for whoever tries. */
const pathPartLengthMax = 256;
/**
 * A certificate chain has some 10 kB. Anybody may send as much over each of 2,048 connections before it is asked who it is,
 * and is told its mistakes with what it sent.
 */
const bodyBytesMax = 128 * 1024;

const methods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

/** The caller puts its own slash behind an address that ends in one. */
function oneLeadingSlash({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  return url.replace(/^\/+/, '/');
}

function refuse(reply: FastifyReply, refusal: RmapiRefusal): FastifyReply {
  return reply.code(refusal.status).type('application/json').send(refusal.body);
}

/** What is the caller's own mistake; undefined: it is ours. */
function refusalOf(thrown: unknown): RmapiRefusal | undefined {
  if (thrown instanceof RmapiRefusal) return thrown;
  const status =
    thrown instanceof Failure
      ? thrown.entry.status
      : (thrown as { readonly statusCode?: number }).statusCode;
  if (status === undefined || status < 400 || status >= 500) return undefined;
  return new RmapiRefusal(status, (thrown as Error).message, { cause: thrown });
}

function handleErrors(app: FastifyInstance, { deps }: RmapiContext): void {
  app.setErrorHandler((thrown, request, reply) => {
    const refusal = refusalOf(thrown);
    if (refusal !== undefined) return refuse(reply, refusal);
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    deps.events.incident({ route, cause: thrown });
    return reply.code(500).type('text/plain; charset=utf-8').send('Internal Server Error');
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, new RmapiRefusal(404, 'Not Found')));
}

/** The address a request was sent to, as far as a proxy that counts tells. */
function ownAddress(request: FastifyRequest, context: RmapiContext): string {
  const { headers, raw } = request;
  const isTrusted = context.trust.proxies.has(raw.socket.remoteAddress);
  const forwarded = isTrusted ? headers['x-forwarded-proto'] : undefined;
  const isSecure = context.deps.settings.tls !== undefined || forwarded === 'https';
  const { host } = headers;
  return host === undefined ? '' : `${isSecure ? 'https' : 'http'}://${host}`;
}

/** Sends whoever puts a slash behind a path to the path without, as the original does. */
function redirectSlashes(app: FastifyInstance, context: RmapiContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    const [path = '', ...query] = request.url.split('?');
    if (request.routeOptions.url === undefined || !path.endsWith('/')) return done();
    const target = [path.replace(/\/+$/, ''), ...query].join('?');
    reply
      .code(307)
      .header('location', `${ownAddress(request, context)}${target}`)
      .send();
  });
}

/** JSON is UTF-8 anyway; the original does not say so, and the router would. */
function nameJsonPlainly(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (String(reply.getHeader('content-type')).startsWith('application/json')) {
      reply.header('content-type', 'application/json');
    }
    done();
  });
}

/** Bodies are read raw, under any Content-Type or none. */
function readBodies(app: FastifyInstance): void {
  app.decorateRequest('rmapiContentType', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw;
    request.rmapiContentType = headers['content-type'];
    headers['content-type'] = undefined;
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    readBody(payload, bodyBytesMax, done);
  });
}

/** A route, and 405 with what is allowed for every other method. */
function addRoute(app: FastifyInstance, route: RouteOptions): void {
  const known = [route.method].flat();
  const allowed = known.join(', ');
  app.route(route);
  app.route({
    method: methods.filter((method) => !known.includes(method)),
    url: route.url,
    handler: (_request, reply) =>
      refuse(reply.header('allow', allowed), new RmapiRefusal(405, 'Method Not Allowed')),
  });
}

/** The drop-in's whole HTTP surface, without a listener; `ready` it before use. */
export function createRmapiSurface(
  context: RmapiContext,
  uiFiles: ReadonlyMap<string, UiFile>,
): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    genReqId: () => '',
    rewriteUrl: oneLeadingSlash,
    routerOptions: { maxParamLength: pathPartLengthMax, ignoreTrailingSlash: true },
    frameworkErrors: (_thrown, _request, reply) => {
      refuse(reply, new RmapiRefusal(404, 'Not Found'));
    },
  });
  allowOrigins(app, context.deps.settings.deployUrl);
  redirectSlashes(app, context);
  nameJsonPlainly(app);
  readBodies(app);
  handleErrors(app, context);
  const routes = [
    ...changePeople(context),
    ...describeProduct(context),
    ...instructUsers(context),
    addProduct(context),
    ...checkHealth(context),
    ...explainInterface(context),
    serveUi(uiFiles),
  ];
  for (const route of routes) addRoute(app, route);
  return app;
}
