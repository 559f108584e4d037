import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import { understandNative } from '../../formats/native.ts';
import { type Duration, parseDuration } from '../../notification/duration.ts';
import type { Addressee } from '../../outbox/draft.ts';
import { briefOf, stateOf } from '../entry-json.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { idempotencyOf } from '../idempotency.ts';
import { incomingOf, queryField, sendingSource, settingsOf } from '../request-state.ts';
import { destinationsOf, type Receipt } from '../submitter.ts';

/** `?wait` without a value. */
const waitMsDefault = 10_000;
/** Longer is what `GET /v1/notifications/{id}` is for: proxies cut idle requests after a minute. */
const waitMsMax = 60_000;

/** How long the caller wants to wait for delivery; undefined: not at all. */
function waitOf(request: FastifyRequest): number | undefined {
  const text = queryField(request, 'wait');
  if (text === undefined) return undefined;
  const waitMs = text === '' ? waitMsDefault : parseDuration(text);
  if (typeof waitMs === 'number') return Math.min(waitMs, waitMsMax);
  throw new Failure('bad_input', { problems: ['wait: must be a duration such as 5s'] });
}

function setting(own: Duration | undefined, configured: number | undefined): number | undefined {
  if (own === undefined) return configured;
  return own === 'never' ? undefined : own;
}

/** `POST /v1/notifications`: 202 once it is on disk, or with `?wait=` 200 once it is delivered. */
export function submitNotification(context: GatewayContext): RouteOptions {
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    receipt: Receipt,
    waitMs: number | undefined,
  ): Promise<string> {
    const settings = settingsOf(request);
    const { id, entryIds } = receipt;
    reply.type('application/json').header('location', `/v1/notifications/${id}`);
    if (waitMs === undefined) {
      const entries = await context.submitter.briefs(receipt, settings);
      reply.code(202);
      return JSON.stringify({ id, state: stateOf(entries), entries });
    }
    const views = await context.waiting.settled(entryIds, waitMs);
    const entries = views.map((view) => briefOf(view, settings.rooms));
    const state = stateOf(entries);
    const eventId = state === 'delivered' ? entries[0]?.event_id : undefined;
    const body = { id, state, event_id: eventId, entries };
    reply.code(state === 'delivered' ? 200 : 202);
    return JSON.stringify(body);
  }

  return {
    method: 'POST',
    url: '/v1/notifications',
    config: { sends: true },
    handler: async (request, reply) => {
      const { source } = sendingSource(request);
      const waitMs = waitOf(request);
      const incoming = incomingOf(request, ['wait']);
      requireFormat(source.format);
      const understood = understandNative(incoming);
      if (!understood.ok) {
        const problems = understood.problems.map(({ place, message }) => `${place}: ${message}`);
        throw new Failure('bad_input', { problems });
      }
      const { notification, rooms, expireAfter, lateAfter } = understood;
      const { origin, key } = notification;
      const settings = settingsOf(request);
      const addressees = destinationsOf(settings, source, { rooms, origin }).map(
        (destination): Addressee => ({
          ...destination,
          expireAfterMs: setting(expireAfter, destination.expireAfterMs),
          lateAfterMs: setting(lateAfter, destination.lateAfterMs),
        }),
      );
      const idempotency = idempotencyOf(incoming, source, 'v1');
      const receipt = await context.submitter.notifications(
        { source: source.name, format: 'native', origin, key, idempotency },
        [{ notification, addressees }],
      );
      return await answer(request, reply, receipt, waitMs);
    },
  };
}

/** The native form is what a source speaks that is not held to another format. */
function requireFormat(format: string): void {
  if (format === 'auto' || format === 'generic' || format === 'native') return;
  throw new Failure('bad_input', { detail: `This source speaks only the format "${format}".` });
}
