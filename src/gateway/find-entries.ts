import type { FastifyRequest } from 'fastify';
import { Failure } from '../errors.ts';
import { entriesOfId } from '../outbox/entries-of-id.ts';
import type { EntryView } from '../outbox/entry.ts';
import type { OutboxReader } from '../outbox/outbox.ts';
import { readingCaller } from './request-state.ts';

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
  const source = caller.kind === 'source' ? caller.source.name : undefined;
  const views = await entriesOfId(outbox, id, source);
  if (views.length > 0) return views;
  throw new Failure('not_found', { detail: 'No notification has this id.' });
}
