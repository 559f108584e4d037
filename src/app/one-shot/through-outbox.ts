import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { deadReasons, type EntryView, isPending } from '../../outbox/entry.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { openInlineStore } from '../../store/sqlite/open-inline-store.ts';
import { chooseRoom, draftMessage } from './draft-message.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** How long delivery is tried when nobody said, in milliseconds. */
const waitMsDefault = 10_000;
function reportOf(id: string, room: string, views: readonly EntryView[]): SendReport {
  const ended = views.find((view) => !isPending(view.state) && view.state !== 'delivered');
  if (ended !== undefined) {
    const sentence = ended.reason === undefined ? `It ${ended.state}.` : deadReasons[ended.reason];
    const words = ended.lastError === undefined ? '' : ` (${ended.lastError})`;
    return { id, state: 'dead', room, error: sentence + words };
  }
  const pending = views.find((view) => isPending(view.state));
  if (pending === undefined) return { id, state: 'delivered', room, event_id: views[0]?.eventId };
  return { id, state: 'kept', room, error: pending.laneWaits ?? pending.lastError };
}

/**
 * Writes the message down in the outbox and delivers it, in its lane's order, as far as the time goes.
 *
 * @throws Failure queue_full, storage_full, data_dir_unusable, …: nothing was kept
 */
export async function sendThroughOutbox(
  settings: SendSettings,
  options: SendOptions,
  text: string,
): Promise<SendReport> {
  const room = chooseRoom(settings, options);
  const submission = await draftMessage(room, options, text);
  const dataDir = openDataDir(settings.dataDir);
  const { limits } = settings;
  const store = openInlineStore({ file: join(dataDir, 'outbox.db'), limits, clock: systemClock });
  const acceptance = await store.accept(submission);
  if (acceptance.kind === 'conflict') {
    throw new Failure('idempotency_conflict', { detail: `It belongs to ${acceptance.id}.` });
  }
  const { id, entryIds } = acceptance;
  // The process ends now, and with it the connection: to close it would cost another fsync, for a checkpoint that
  // whoever delivers makes anyway.
  if (options.queue) return { id, state: 'accepted', room: room.name };
  try {
    const deadline = AbortSignal.timeout(options.waitMs ?? waitMsDefault);
    const key = { account: room.account, room: room.room };
    const { deliverEntries } = await import('./deliver-entries.ts');
    await deliverEntries({ store, settings, key, entryIds, deadline });
    const views = await store.entries({ notificationId: id, limit: entryIds.length });
    return reportOf(id, room.name, views);
  } finally {
    await store.close();
  }
}
