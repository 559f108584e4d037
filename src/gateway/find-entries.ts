import type { FastifyRequest } from 'fastify';
import { Failure } from '../errors.ts';
import type { EntryView } from '../outbox/entry.ts';
import type { OutboxReader } from '../outbox/outbox.ts';
import { readingCaller } from './request-state.ts';

/** A notification's id, or that and the ordinal of one of its entries. */
const idPattern = /^([0-9A-Z]{26})(?:-\d{1,3})?$/;
/** A submission has at most 100 entries. */
const entriesMax = 100;

/**
 * The entries that the path's `id` names: all of a notification, or one. A source finds only its own.
 *
 * @throws Failure not_found
 */
export async function findEntries(
  request: FastifyRequest,
  outbox: OutboxReader,
): Promise<EntryView[]> {
  const caller = readingCaller(request);
  const { id } = request.params as { readonly id: string };
  const notificationId = idPattern.exec(id)?.[1];
  if (notificationId !== undefined) {
    const source = caller.kind === 'source' ? caller.source.name : undefined;
    const all = await outbox.entries({ notificationId, source, limit: entriesMax });
    const views = id === notificationId ? all : all.filter((view) => view.id === id);
    if (views.length > 0) return views;
  }
  throw new Failure('not_found', { detail: 'No notification has this id.' });
}
