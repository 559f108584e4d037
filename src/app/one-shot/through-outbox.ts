import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { deadReasons, type EntryView, isPending } from '../../outbox/entry.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { openSpool } from '../../store/sqlite/open-spool.ts';
import { whileUnowned } from '../../store/while-unowned.ts';
import { chooseRoom, draftMessage } from './draft-message.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** How long delivery is tried when nobody said, in milliseconds. */
const waitMsDefault = 10_000;

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
  const file = join(dataDir, 'outbox.db');
  const spool = openSpool({ file, limits, clock: systemClock }, whileUnowned(file));
  const acceptance = await spool.accept(submission).finally(() => spool.close());
  if (acceptance.kind === 'conflict') {
    throw new Failure('idempotency_conflict', { detail: `It belongs to ${acceptance.id}.` });
  }
  const { id, entryIds } = acceptance;
  if (options.queue) return { id, state: 'accepted', room: room.name };
  const { deliverEntries } = await import('./deliver-entries.ts');
  const key = { account: room.account, room: room.room };
  const deadline = AbortSignal.timeout(options.waitMs ?? waitMsDefault);
  const views = await deliverEntries({ settings, file, key, id, entryIds, deadline });
  return reportOf(id, room.name, views);
}

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
