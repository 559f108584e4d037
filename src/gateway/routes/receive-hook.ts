import type { FastifyRequest, RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import { detectFormat } from '../../formats/detect.ts';
import type { Format, IncomingRequest, RoomRecognition, Understood } from '../../formats/format.ts';
import { formats } from '../../formats/formats.ts';
import { roomsOfText } from '../../formats/take-rooms.ts';
import type { Draft } from '../../outbox/draft.ts';
import type { Idempotency } from '../../outbox/outbox.ts';
import { meansRoom } from '../../routing/choose-rooms.ts';
import type { Destination } from '../../routing/destination.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { digestOf, idempotencyOf } from '../idempotency.ts';
import { incomingOf, queryFields, sendingSource, settingsOf } from '../request-state.ts';
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

function understand(
  format: Format,
  request: IncomingRequest,
  isRoom: RoomRecognition,
): Understood['notifications'] {
  const understood = format.understand(request, isRoom);
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

/** Fields of the query that belong to the call, not to the notification. */
const callFields = ['room'];

const isAmong = (destination: Destination, all: readonly Destination[]): boolean =>
  all.some(({ account, room }) => account === destination.account && room === destination.room);

/**
 * The rooms that path and query name; undefined: neither names one. Who names them in both must mean the same.
 * @throws Failure bad_input, and those of `destinationsOf`
 */
function roomsOfUrl(
  request: FastifyRequest,
  source: SourceSettings,
): readonly Destination[] | undefined {
  const settings = settingsOf(request);
  const { room } = request.params as { readonly room?: string };
  const path = room === undefined ? undefined : destinationsOf(settings, source, { rooms: [room] });
  const texts = queryFields(request, 'room');
  if (texts.length === 0) return path;
  const { mayBeRoom } = settings.rooms;
  const rooms = texts.flatMap((text) => {
    const named = roomsOfText(text, mayBeRoom);
    return named.length > 0 ? named : [text];
  });
  const query = destinationsOf(settings, source, { rooms });
  if (path === undefined) return query;
  if (query.length === path.length && path.every((one) => isAmong(one, query))) return path;
  throw new Failure('bad_input', {
    problems: ['room: the path names another room than the query; name one of them'],
  });
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
  named: readonly Destination[] | undefined,
): Call {
  // What the URL names counts; a payload's other rooms are then a part of what it says.
  const isRoom =
    named === undefined
      ? (text: string) => meansRoom(source.rules, settings.rooms, text)
      : (text: string) => settings.rooms.find(text).some((one) => isAmong(one, named));
  const notifications = understand(format, request, isRoom);
  if (notifications.length === 0) {
    throw new Failure('bad_input', { problems: ['body: holds nothing to say'] });
  }
  const drafts = notifications.map(({ notification, rooms }) => {
    const { origin } = notification;
    const addressees = named ?? destinationsOf(settings, source, { rooms, origin });
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
 * `POST|PUT|GET /hooks/{source}[/{room}]`: a sender's own payload, to the rooms that path, query (`room`) or payload name.
 * 200 with the notification's id once it is on disk,
 * for a repeat too: some senders take nothing else for success.
 */
export function receiveHook(context: GatewayContext, url: string): RouteOptions {
  return {
    method: ['POST', 'PUT', 'GET'],
    url,
    config: { sends: true },
    handler: async (request, reply) => {
      const { source } = sendingSource(request);
      const incoming = incomingOf(request, callFields);
      const format = formatOf(incoming, source);
      const named = roomsOfUrl(request, source);
      const call = readCall(incoming, format, source, settingsOf(request), named);
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
