import type { RouteOptions } from 'fastify';
import { entryJson, stateOf } from '../entry-json.ts';
import { findEntries } from '../find-entries.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { settingsOf } from '../request-state.ts';

/** `GET /v1/notifications/{id}`: state, attempts and last error of a notification, or of one of its entries. */
export function showNotification(context: GatewayContext): RouteOptions {
  return {
    method: 'GET',
    url: '/v1/notifications/:id',
    handler: async (request, reply) => {
      const views = await findEntries(request, context.deps.outbox);
      const { rooms } = settingsOf(request);
      const body = {
        id: views[0]?.notificationId,
        state: stateOf(views),
        source: views[0]?.source,
        entries: views.map((view) => entryJson(view, rooms)),
      };
      reply.type('application/json');
      return JSON.stringify(body);
    },
  };
}
