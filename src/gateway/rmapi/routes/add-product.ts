import type { RouteOptions } from 'fastify';
import type { RmapiContext } from '../rmapi-context.ts';
import { validateProduct } from '../validate-body.ts';

/** `POST /api/v1/interop/add`: another product asks to be let in; there is nothing here that it could get. */
export function addProduct(context: RmapiContext): RouteOptions {
  return {
    method: 'POST',
    url: '/api/v1/interop/add',
    handler: (request, reply) => {
      context.admitBody(request, 'caller itself', validateProduct);
      const error = 'Matrix gives other products no access; nothing was added.';
      reply.type('application/json').send(JSON.stringify({ success: false, extra: null, error }));
    },
  };
}
