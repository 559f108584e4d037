import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../errors.ts';
import { overRateMs, reportRefusal, routeName } from '../doors.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { failureOf } from '../problem.ts';
import { sendingSource } from '../request-state.ts';
import { MatrixRefusal, sendMatrixError, sendRefusal } from './matrix-refusal.ts';

/** Whether the source may speak as a Matrix client. */
function requireFormat(request: FastifyRequest): void {
  const { format, name } = sendingSource(request).source;
  if (format === 'auto' || format === 'matrix') return;
  throw new MatrixRefusal(403, 'M_FORBIDDEN', `Source "${name}" speaks only "${format}".`);
}

/** The token of a source, shown as Matrix clients do. @throws MatrixRefusal M_MISSING_TOKEN, M_UNKNOWN_TOKEN */
function authenticate(context: GatewayContext, request: FastifyRequest): void {
  const token = context.tokenOf(request);
  if (token === undefined) throw new MatrixRefusal(401, 'M_MISSING_TOKEN', 'Missing access token');
  const caller = context.identify(request, token);
  if (caller?.kind !== 'source') {
    throw new MatrixRefusal(401, 'M_UNKNOWN_TOKEN', 'No source of this gateway has this token');
  }
  request.caller = caller;
  requireFormat(request);
}

/**
 * Makes all routes of `scope` open only to sources.
 *
 * @param options.strangers - to whoever shows no token as well, with `caller` null; a wrong one is refused all the same
 */
export function requireSource(
  scope: FastifyInstance,
  context: GatewayContext,
  { strangers = false }: { readonly strangers?: boolean } = {},
): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      if (strangers && context.tokenOf(request) === undefined) return done();
      authenticate(context, request);
      const retryAfterMs = overRateMs(context, request);
      if (retryAfterMs === 0) done();
      else done(new Failure('rate_limited', { retryAfterMs }));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
}

/** Makes all routes of `scope` refuse in Matrix errors. */
export function refuseAsMatrix(scope: FastifyInstance, context: GatewayContext): void {
  scope.setErrorHandler((thrown, request, reply) => {
    if (thrown instanceof MatrixRefusal) {
      const code = thrown.status === 401 ? 'unauthorized' : 'bad_input';
      reportRefusal(context, request, 'matrix', new Failure(code));
      return sendRefusal(reply, thrown);
    }
    const failure = failureOf(thrown, routeName(request), context.deps);
    reportRefusal(context, request, 'matrix', failure);
    return sendMatrixError(reply, failure);
  });
}
