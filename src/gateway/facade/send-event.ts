import type { RouteOptions } from 'fastify';
import type { Idempotency } from '../../outbox/outbox.ts';
import type { Destination } from '../../routing/destination.ts';
import type { SourceCaller } from '../authenticator.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { digestOf } from '../idempotency.ts';
import { sendingSource } from '../request-state.ts';
import { eventIdOf } from './event-answer.ts';
import { eventDraft } from './event-draft.ts';
import { pathRoom } from './facade-rooms.ts';
import { MatrixRefusal } from './matrix-refusal.ts';
import { readJsonObject } from './read-json-object.ts';

/** As long as Synapse remembers a transaction id. */
const txnWindowMs = 24 * 60 * 60_000;
/** Client-Server API, "Size limits": an event type has at most 255 bytes. */
const typeBytesMax = 255;

/** Empty, too long, or what every proxy takes for a way up in the path. */
const isNoType = (type: string): boolean =>
  type === '' || type === '.' || type === '..' || Buffer.byteLength(type) > typeBytesMax;

/**
 * A repeat is the same login, room, type, transaction id and content: some clients use one id for all their messages,
 * and those are not repeats. Without a transaction id the source's window decides.
 */
export function eventIdempotency(
  caller: SourceCaller,
  destination: Destination,
  type: string,
  txnId: string | undefined,
  content: string,
): Idempotency | undefined {
  const { account, room } = destination;
  if (txnId !== undefined) {
    const digest = digestOf([caller.loginId, account, room, type, txnId, content]);
    return { key: `txn:${digest}`, digest, windowMs: txnWindowMs };
  }
  const { dedupeWindowMs } = caller.source;
  if (dedupeWindowMs === 0) return undefined;
  const digest = digestOf([account, room, type, content]);
  return { key: `event:${digest}`, digest, windowMs: dedupeWindowMs };
}

/** `POST|PUT rooms/{room}/send/{type}[/{txnId}]`: any event, kept first and then sent as it is. */
export function sendEvent(context: GatewayContext, url: string): RouteOptions {
  return {
    method: ['POST', 'PUT'],
    url,
    config: { sends: true },
    handler: async (request, reply) => {
      const caller = sendingSource(request);
      const { type, txnId } = request.params as { readonly type: string; readonly txnId?: string };
      if (isNoType(type)) {
        throw new MatrixRefusal(400, 'M_INVALID_PARAM', 'That is no event type.');
      }
      const destination = pathRoom(request);
      const event = eventDraft(type, readJsonObject(request));
      const receipt = await context.submitter.event(
        {
          source: caller.source.name,
          format: 'matrix',
          idempotency: eventIdempotency(caller, destination, type, txnId, event.content),
        },
        event,
        destination,
      );
      const eventId = await eventIdOf(context, receipt);
      reply.type('application/json');
      return JSON.stringify({ event_id: eventId });
    },
  };
}
