import type { FastifyRequest, RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import { cleanLine } from '../../notification/clean-text.ts';
import { parseDuration } from '../../notification/duration.ts';
import { type EntryState, entryStates } from '../../outbox/entry.ts';
import type { EntryFilter } from '../../outbox/outbox.ts';
import { keptRoom, type RoomDirectory } from '../../routing/room-directory.ts';
import { entryJson } from '../entry-json.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { announcesBody } from '../read-body.ts';
import { queryField, readingCaller, settingsOf } from '../request-state.ts';
import { type ParsedQuery, tokenFields } from '../request-token.ts';

const limitDefault = 100;
/** An answer stays below a megabyte. */
const limitMax = 1000;
/** More would not be read, and are hardly typed by hand. */
const problemsMax = 20;
/** A misspelt name is shown this long, in characters. */
const shownNameLengthMax = 64;

function isEntryState(text: string): text is EntryState {
  return (entryStates as readonly string[]).includes(text);
}

function refuse(place: string, message: string): never {
  throw new Failure('bad_input', { problems: [`${place}: ${message}`] });
}

function statesOf(text: string | undefined): EntryState[] | undefined {
  if (text === undefined || text === '') return undefined;
  const states = [...new Set(text.split(',').map((part) => part.trim()))];
  return states.every(isEntryState)
    ? states
    : refuse('state', `must be of ${entryStates.join(', ')}, separated by commas`);
}

function needRoom(rooms: RoomDirectory, named: string): string {
  return keptRoom(rooms, named) ?? refuse('room', `no room "${named}" is configured`);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return limitDefault;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, limitMax);
  return refuse('limit', `must be a number from 1 to ${limitMax}`);
}

function createdBefore(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const age = parseDuration(text);
  return typeof age === 'number'
    ? now - age
    : refuse('older_than', 'must be a duration such as 7d');
}

const filters: ReadonlySet<string> = new Set([
  ...['state', 'source', 'room', 'older_than', 'after', 'limit'],
  ...tokenFields,
]);

/**
 * Refuses what only looks like a reading: some senders put a notification into a GET, and take a list for success.
 * @throws Failure bad_input
 */
function requireReading(request: FastifyRequest): void {
  if (announcesBody(request.raw)) {
    const detail = 'GET lists what the outbox holds and has no body; to send, use POST or /hooks.';
    throw new Failure('bad_input', { detail });
  }
  const problems = Object.keys(request.query as ParsedQuery)
    .filter((name) => !filters.has(name))
    .slice(0, problemsMax)
    .map((name) => `${cleanLine(name).slice(0, shownNameLengthMax).toWellFormed()}: not a filter`);
  if (problems.length > 0) {
    throw new Failure('bad_input', {
      detail: 'GET lists what the outbox holds; to send, use POST or /hooks.',
      problems,
    });
  }
}

/** `GET /v1/notifications`: a source sees its own entries, an operator all; newest pages by `after`. */
export function listEntries(context: GatewayContext): RouteOptions {
  function filterOf(request: FastifyRequest): EntryFilter {
    const caller = readingCaller(request);
    requireReading(request);
    const { rooms } = settingsOf(request);
    const room = queryField(request, 'room');
    return {
      states: statesOf(queryField(request, 'state')),
      source: caller.kind === 'source' ? caller.source.name : queryField(request, 'source'),
      room: room === undefined ? undefined : needRoom(rooms, room),
      createdBefore: createdBefore(queryField(request, 'older_than'), context.deps.clock.now()),
      after: queryField(request, 'after'),
      limit: limitOf(queryField(request, 'limit')),
    };
  }

  return {
    method: 'GET',
    url: '/v1/notifications',
    handler: async (request, reply) => {
      const filter = filterOf(request);
      const { rooms } = settingsOf(request);
      const views = await context.deps.outbox.entries(filter);
      const entries = views.map((view) => entryJson(view, rooms));
      const next = views.length < filter.limit ? null : (views.at(-1)?.id ?? null);
      reply.type('application/json');
      return JSON.stringify({ entries, next });
    },
  };
}
