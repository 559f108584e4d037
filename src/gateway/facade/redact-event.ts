import type { RouteOptions } from 'fastify';
import { parseEventId } from '../../matrix/ids.ts';
import { redactionContent } from '../../outbox/draft.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { bodyOf } from '../read-body.ts';
import { sendingSource } from '../request-state.ts';
import { eventIdOf } from './event-answer.ts';
import { pathRoom } from './facade-rooms.ts';
import { MatrixRefusal } from './matrix-refusal.ts';
import { readJsonObject } from './read-json-object.ts';
import { eventIdempotency } from './send-event.ts';

const type = 'm.room.redaction';

/** `POST|PUT rooms/{room}/redact/{event}[/{txnId}]`: the event may be a real one or one the façade named. */
export function redactEvent(context: GatewayContext, url: string): RouteOptions {
  return {
    method: ['POST', 'PUT'],
    url,
    config: { sends: true },
    handler: async (request, reply) => {
      const caller = sendingSource(request);
      const { event, txnId } = request.params as {
        readonly event: string;
        readonly txnId?: string;
      };
      const redacted = parseEventId(event);
      if (redacted === undefined) {
        throw new MatrixRefusal(400, 'M_INVALID_PARAM', 'That is no event id.');
      }
      const destination = pathRoom(request);
      const body = bodyOf(request.body).length === 0 ? {} : readJsonObject(request);
      const reason = typeof body['reason'] === 'string' ? body['reason'] : undefined;
      const content = redactionContent(redacted, reason);
      const receipt = await context.submitter.event(
        {
          source: caller.source.name,
          format: 'matrix',
          idempotency: eventIdempotency(caller, destination, type, txnId, content),
        },
        { type, content },
        // A redaction is wanted however late it is.
        { ...destination, lateAfterMs: undefined, expireAfterMs: undefined },
      );
      const eventId = await eventIdOf(context, receipt);
      reply.type('application/json');
      return JSON.stringify({ event_id: eventId });
    },
  };
}
