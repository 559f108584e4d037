import type { IncomingMessage } from 'node:http';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type HookHandlerDoneFunction,
  type HTTPMethods,
  type RouteOptions,
} from 'fastify';
import { Failure } from '../errors.ts';
import { hookDoor, openDoor, routeName, v1Door } from './doors.ts';
import { facade } from './facade/facade.ts';
import { MatrixRefusal, sendMatrixError, sendRefusal } from './facade/matrix-refusal.ts';
import type { GatewayContext } from './gateway-context.ts';
import { failureOf } from './problem.ts';
import { announcesBody, BodyBudget, readBody } from './read-body.ts';
import { settingsOf } from './request-state.ts';
import { healthz, metrics, readyz } from './routes/health.ts';
import { listEntries } from './routes/list-entries.ts';
import { cancelEntries, redriveEntries, wakeAll, wakeEntries } from './routes/operate-entries.ts';
import { deletePerson, putPerson, showPerson } from './routes/people.ts';
import { receiveHook } from './routes/receive-hook.ts';
import { redactNotification } from './routes/redact-notification.ts';
import { showNotification } from './routes/show-notification.ts';
import { submitNotification } from './routes/submit-notification.ts';

/** Room ids, event types and transaction ids are in paths; Synapse takes transaction ids of 4,000 characters. */
const pathPartLengthMax = 4096;

/** A raw `#` in a path is an alias that the sender did not encode: requests carry no fragments. */
function encodeHash(request: Pick<IncomingMessage, 'url'>): string {
  const { url = '/' } = request;
  return url.includes('#') ? url.replaceAll('#', '%23') : url;
}

const methodsWithBody: readonly HTTPMethods[] = [
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
];
const methods: readonly HTTPMethods[] = ['GET', 'HEAD', ...methodsWithBody];
const overridden = { hasBody: false, overrideExisting: true };

/** Whether there is a body to read; of GET only where it may be a message, as some senders put theirs there. */
function hasBody({ raw, routeOptions }: FastifyRequest): boolean {
  const { method = '' } = raw;
  const isRead =
    methodsWithBody.some((known) => known === method) ||
    (method === 'GET' && routeOptions.config.sends === true);
  return isRead && announcesBody(raw);
}

const isFacadePath = (url: string): boolean =>
  url.startsWith('/_matrix/') || url.startsWith('/.well-known/matrix/');

/** Refuses in the words of whichever interface the path belongs to. */
function refuse(request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  const { url } = request;
  if (isFacadePath(url)) {
    if (failure.code === 'not_found') {
      return sendRefusal(reply, new MatrixRefusal(404, 'M_UNRECOGNIZED', 'Unrecognized request'));
    }
    if (failure.code === 'method_not_allowed') {
      return sendRefusal(reply, new MatrixRefusal(405, 'M_UNRECOGNIZED', 'Unrecognized request'));
    }
    return sendMatrixError(reply, failure);
  }
  return url.startsWith('/hooks/')
    ? hookDoor.refuse(reply, failure)
    : v1Door.refuse(reply, failure);
}

/** Answers 405 with what is allowed, where a path has routes but none for the method. */
function refuseOtherMethods(app: FastifyInstance, routes: ReadonlyMap<string, Set<string>>): void {
  for (const [url, known] of routes) {
    const allowed = [...known].join(', ');
    app.route({
      method: methods.filter((method) => !known.has(method)),
      url,
      handler: (request, reply) =>
        refuse(request, reply.header('allow', allowed), new Failure('method_not_allowed')),
    });
  }
}

function collectRoutes(app: FastifyInstance): Map<string, Set<string>> {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    routes.set(url, known);
  });
  return routes;
}

/** Undefined: nothing is kept of what nobody is known to have sent, but where it says who that is. */
function bodyBytesMax(request: FastifyRequest): number | undefined {
  if (request.caller !== null) return settingsOf(request).bodyBytesMax;
  return request.routeOptions.config.anonymousBodyBytesMax;
}

/** What every request goes through first, and how bodies are read: raw, under any Content-Type or none. */
function prepareRequests(app: FastifyInstance, context: GatewayContext): void {
  const budget = new BodyBudget();
  app.decorateRequest('caller', null);
  app.decorateRequest('settings', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.settings = context.deps.current();
    done();
  });
  // To the router no method has a body: it would refuse a Content-Type that it cannot parse.
  for (const method of methodsWithBody) app.addHttpMethod(method, overridden);
  app.addHook('preValidation', (request, _reply, done) => {
    if (!hasBody(request)) return done();
    const bytesMax = bodyBytesMax(request);
    if (bytesMax === undefined) dropBody(request, budget, done);
    else keepBody(request, bytesMax, budget, done);
  });
}

function keepBody(
  request: FastifyRequest,
  bytesMax: number,
  budget: BodyBudget,
  done: HookHandlerDoneFunction,
): void {
  const finish = (failure: Error | null, body?: Buffer) => {
    request.body = body;
    done(failure ?? undefined);
  };
  readBody(request.raw, bytesMax, finish, budget);
}

/** Reads it and keeps nothing: whoever is refused anyway is told why, and not that there was too much of it. */
function dropBody(
  request: FastifyRequest,
  budget: BodyBudget,
  done: HookHandlerDoneFunction,
): void {
  readBody(request.raw, 0, () => done(), budget);
}

function v1Routes(context: GatewayContext): RouteOptions[] {
  return [
    submitNotification(context),
    listEntries(context),
    showNotification(context),
    redactNotification(context),
    wakeEntries(context),
    redriveEntries(context),
    cancelEntries(context),
    wakeAll(context),
    showPerson(context),
    putPerson(context),
    deletePerson(context),
  ];
}

function addRoutes(app: FastifyInstance, context: GatewayContext): void {
  const routes = collectRoutes(app);
  app.register((scope, _options, done) => {
    openDoor(scope, context, v1Door);
    for (const route of v1Routes(context)) scope.route(route);
    done();
  });
  app.register((scope, _options, done) => {
    openDoor(scope, context, hookDoor);
    scope.route(receiveHook(context, '/hooks/:source'));
    scope.route(receiveHook(context, '/hooks/:source/:room'));
    done();
  });
  facade(app, context);
  for (const route of [healthz(), readyz(context), metrics(context)]) app.route(route);
  app.register((scope, _options, done) => {
    // Last, when all others are known.
    refuseOtherMethods(scope, new Map(routes));
    done();
  });
}

/** The whole HTTP surface, without any listener; `ready` it before use. */
export function createSurface(context: GatewayContext): FastifyInstance {
  const { deps } = context;
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    genReqId: () => '',
    rewriteUrl: encodeHash,
    routerOptions: {
      maxParamLength: pathPartLengthMax,
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
    },
    frameworkErrors: (thrown, request, reply) => {
      refuse(request, reply, failureOf(thrown, 'malformed path', deps));
    },
  });
  prepareRequests(app, context);
  app.setErrorHandler((thrown, request, reply) =>
    refuse(request, reply, failureOf(thrown, routeName(request), deps)),
  );
  app.setNotFoundHandler((request, reply) => refuse(request, reply, new Failure('not_found')));
  addRoutes(app, context);
  return app;
}
