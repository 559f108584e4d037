import type { RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import { detectFormat } from '../../formats/detect.ts';
import type { Format, IncomingRequest, Understood } from '../../formats/format.ts';
import { formats } from '../../formats/formats.ts';
import type { Draft } from '../../outbox/draft.ts';
import type { Idempotency } from '../../outbox/outbox.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { digestOf, idempotencyOf } from '../idempotency.ts';
import { incomingOf, sendingSource, settingsOf } from '../request-state.ts';
import type { GatewaySettings, SourceSettings } from '../settings.ts';
import { destinationsOf } from '../submitter.ts';

const allFormats: readonly Format[] = Object.values(formats);

/** The format the source is held to, or the one that recognises the request. */
function formatOf(request: IncomingRequest, source: SourceSettings): Format {
  const format =
    source.format === 'auto'
      ? detectFormat(request, allFormats)
      : allFormats.find(({ name }) => name === source.format);
  if (format !== undefined) return format;
  const detail =
    source.format === 'auto'
      ? 'No format recognises this request.'
      : `Source "${source.name}" speaks only "${source.format}", which is not for hooks.`;
  throw new Failure('bad_input', { detail });
}

function understand(format: Format, request: IncomingRequest): Understood['notifications'] {
  const understood = format.understand(request);
  if (understood.ok) return understood.notifications;
  const problems = understood.problems.map(({ place, message }) => `${place}: ${message}`);
  throw new Failure('bad_input', { problems });
}

/** The sender's own key for the whole call; undefined if one of its notifications has none. */
function knownKey(
  format: Format,
  notifications: Understood['notifications'],
): { key: string; windowMs: number } | undefined {
  const keys: string[] = [];
  for (const { dedupeKey } of notifications) {
    if (dedupeKey === undefined) return undefined;
    keys.push(dedupeKey);
  }
  return { key: digestOf([format.name, ...keys]), windowMs: format.dedupeWindowMs };
}

interface Call {
  readonly drafts: readonly Draft[];
  readonly idempotency: Idempotency | undefined;
}

function readCall(
  request: IncomingRequest,
  format: Format,
  source: SourceSettings,
  settings: GatewaySettings,
  room: string | undefined,
): Call {
  const notifications = understand(format, request);
  if (notifications.length === 0) {
    throw new Failure('bad_input', { problems: ['body: holds nothing to say'] });
  }
  const rooms = room === undefined ? undefined : [room];
  const drafts = notifications.map(({ notification }) => {
    const { origin } = notification;
    const addressees = destinationsOf(settings, source, { rooms, origin });
    return { notification, addressees };
  });
  const place = JSON.stringify(
    drafts.map(({ addressees }) => addressees.map(({ account, room: to }) => [account, to])),
  );
  return {
    drafts,
    idempotency: idempotencyOf(request, source, place, knownKey(format, notifications)),
  };
}

/**
 * `POST|PUT|GET /hooks/{source}[/{room}]`: a sender's own payload. 200 with the notification's id once it is on disk,
 * for a repeat too: some senders take nothing else for success.
 */
export function receiveHook(context: GatewayContext, url: string): RouteOptions {
  return {
    method: ['POST', 'PUT', 'GET'],
    url,
    config: { sends: true },
    handler: async (request, reply) => {
      const { source } = sendingSource(request);
      const { room } = request.params as { readonly room?: string };
      const incoming = incomingOf(request);
      const format = formatOf(incoming, source);
      const call = readCall(incoming, format, source, settingsOf(request), room);
      const first = call.drafts[0]?.notification;
      const receipt = await context.submitter.notifications(
        {
          source: source.name,
          format: format.name,
          origin: first?.origin,
          key: first?.key,
          idempotency: call.idempotency,
        },
        call.drafts,
      );
      reply.type('application/json');
      return `{"id":"${receipt.id}"}`;
    },
  };
}
