import { type EntryView, entriesMax } from './entry.ts';
import type { OutboxReader } from './outbox.ts';

/** A notification's id, or that and the ordinal of one of its entries. */
const idPattern = /^([0-9A-Z]{26})(?:-\d{1,3})?$/;

/** The entries that `id` names: all of a notification, or one; none where there are none, or not of this `source`. */
export async function entriesOfId(
  outbox: Pick<OutboxReader, 'entries'>,
  id: string,
  source?: string,
): Promise<EntryView[]> {
  const notificationId = idPattern.exec(id)?.[1];
  if (notificationId === undefined) return [];
  const all = await outbox.entries({ notificationId, source, limit: entriesMax });
  return id === notificationId ? all : all.filter((view) => view.id === id);
}
