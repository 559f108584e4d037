import type { FastifyRequest, RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import { understandNative } from '../../formats/native.ts';
import { type Duration, parseDuration } from '../../notification/duration.ts';
import type { Addressee } from '../../outbox/draft.ts';
import { acceptedJson, briefOf, stateOf } from '../entry-json.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { idempotencyOf, nativePlace } from '../idempotency.ts';
import { incomingOf, queryField, sendingSource, settingsOf } from '../request-state.ts';
import { destinationsOf, type Receipt } from '../submitter.ts';

/** `?wait` without a value. */
const waitMsDefault = 10_000;
/** Longer is what `GET /v1/notifications/{id}` is for: proxies cut idle requests after a minute. */
const waitMsMax = 60_000;

/** Fields of the query that belong to the call, not to the notification. */
const callFields = ['wait'];

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

/** Understands the call and hands it to the outbox. @throws Failure bad_input and those of the submitter */
function submit(context: GatewayContext, request: FastifyRequest): Promise<Receipt> {
  const { source } = sendingSource(request);
  requireFormat(source.format);
  const incoming = incomingOf(request, callFields);
  const understood = understandNative(incoming);
  if (!understood.ok) {
    const problems = understood.problems.map(({ place, message }) => `${place}: ${message}`);
    throw new Failure('bad_input', { problems });
  }
  const { notification, rooms, expireAfter, lateAfter } = understood;
  const { origin, key } = notification;
  const destinations = destinationsOf(settingsOf(request), source, { rooms, origin });
  const addressees =
    expireAfter === undefined && lateAfter === undefined
      ? destinations
      : destinations.map(
          (destination): Addressee => ({
            ...destination,
            expireAfterMs: setting(expireAfter, destination.expireAfterMs),
            lateAfterMs: setting(lateAfter, destination.lateAfterMs),
          }),
        );
  const idempotency = idempotencyOf(incoming, source, nativePlace);
  return context.submitter.notifications(
    { source: source.name, format: 'native', origin, key, idempotency },
    [{ notification, addressees }],
  );
}

/** `POST /v1/notifications`: 202 once it is on disk, or with `?wait=` 200 once it is delivered. */
export function submitNotification(context: GatewayContext): RouteOptions {
  return {
    method: 'POST',
    url: '/v1/notifications',
    config: { sends: true },
    handler: async (request, reply) => {
      const waitMs = waitOf(request);
      const receipt = await submit(context, request);
      const { id, entryIds, lanes, isDuplicate } = receipt;
      const settings = settingsOf(request);
      reply.header('content-type', 'application/json; charset=utf-8');
      reply.header('location', `/v1/notifications/${id}`).code(202);
      if (waitMs === undefined) {
        if (!isDuplicate) return acceptedJson(id, entryIds, lanes, settings.rooms);
        const entries = await context.submitter.briefs(receipt, settings);
        return JSON.stringify({ id, state: stateOf(entries), entries });
      }
      const views = await context.waiting.settled(entryIds, waitMs);
      const entries = views.map((view) => briefOf(view, settings.rooms));
      const state = stateOf(entries);
      const eventId = state === 'delivered' ? entries[0]?.event_id : undefined;
      if (state === 'delivered') reply.code(200);
      return JSON.stringify({ id, state, event_id: eventId, entries });
    },
  };
}

/** The native form is what a source speaks that is not held to another format. */
function requireFormat(format: string): void {
  if (format === 'auto' || format === 'generic' || format === 'native') return;
  throw new Failure('bad_input', { detail: `This source speaks only the format "${format}".` });
}
