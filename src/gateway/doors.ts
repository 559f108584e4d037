import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../errors.ts';
import type { Caller } from './authenticator.ts';
import type { GatewayContext } from './gateway-context.ts';
import { failureOf, problemDocument, problemText, withFailure } from './problem.ts';
import { settingsOf } from './request-state.ts';

/** Method and pattern of a request's route, for logs: unlike the path it holds nothing that anybody sent. */
export function routeName(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
}

/** Reports a call that brought something and is not accepted. */
export function reportRefusal(
  context: GatewayContext,
  request: FastifyRequest,
  format: string,
  failure: Failure,
): void {
  if (request.routeOptions.config.sends !== true) return;
  const { caller } = request;
  context.deps.events.received({
    source: caller?.kind === 'source' ? caller.source.name : undefined,
    format,
    result: failure.entry.status === 503 ? 'deferred' : 'refused',
    code: failure.code,
  });
}

/** A source may bring only so much. @returns milliseconds to wait; 0: go on */
export function overRateMs(context: GatewayContext, request: FastifyRequest): number {
  const { caller } = request;
  if (caller?.kind !== 'source' || caller.source.rate === undefined) return 0;
  if (request.routeOptions.config.sends !== true) return 0;
  return context.limiter.take(caller.source);
}

/** Who calls our own interface. @throws Failure unauthorized */
function callerOfV1(context: GatewayContext, request: FastifyRequest): Caller {
  const token = context.tokenOf(request);
  const caller =
    token === undefined ? context.localCaller(request) : context.identify(request, token);
  if (caller !== undefined) return caller;
  throw new Failure('unauthorized');
}

/** Who calls the hook of the source that the path names. @throws Failure unauthorized */
function callerOfHook(context: GatewayContext, request: FastifyRequest): Caller {
  const { source: name } = request.params as { readonly source: string };
  const token = context.tokenOf(request);
  const caller = token === undefined ? undefined : context.identify(request, token);
  if (caller?.kind === 'source' && caller.source.name === name) return caller;
  const source = settingsOf(request).sources.get(name);
  if (source?.auth === 'none') {
    return { kind: 'source', source, loginId: '', sendsOnly: false };
  }
  const detail =
    caller === undefined ? undefined : 'The token is not that of the source in the path.';
  throw new Failure('unauthorized', detail === undefined ? {} : { detail });
}

interface Door {
  /** What a refused call is counted as. */
  formatOf(caller: Caller | null): string;
  caller(context: GatewayContext, request: FastifyRequest): Caller;
  refuse(reply: FastifyReply, failure: Failure): FastifyReply;
}

/** Our own interface: tokens of sources and operators, problem documents. */
export const v1Door: Door = {
  formatOf: () => 'native',
  caller: callerOfV1,
  refuse: (reply, failure) =>
    withFailure(reply, failure).type('application/problem+json').send(problemDocument(failure)),
};

/** Other senders' own payloads: the source is in the path, refusals are short plain text. */
export const hookDoor: Door = {
  formatOf: (caller) => (caller?.kind === 'source' ? caller.source.format : 'unknown'),
  caller: callerOfHook,
  refuse: (reply, failure) =>
    withFailure(reply, failure).type('text/plain; charset=utf-8').send(problemText(failure)),
};

/** Makes all routes of `scope` open only to callers of this door, and refuse in its words. */
export function openDoor(scope: FastifyInstance, context: GatewayContext, door: Door): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      request.caller = door.caller(context, request);
      const retryAfterMs = overRateMs(context, request);
      if (retryAfterMs === 0) done();
      else done(new Failure('rate_limited', { retryAfterMs }));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
  scope.setErrorHandler((thrown, request, reply) => {
    const failure = failureOf(thrown, routeName(request), context.deps);
    reportRefusal(context, request, door.formatOf(request.caller), failure);
    return door.refuse(reply, failure);
  });
}
