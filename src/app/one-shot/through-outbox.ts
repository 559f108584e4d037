import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { openSpool } from '../../store/sqlite/open-spool.ts';
import { whileUnowned } from '../../store/while-unowned.ts';
import { thisProcess } from '../this-process.ts';
import { chooseRoom, draftMessage } from './draft-message.ts';
import { reportEntries } from './report-entries.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** How long delivery is tried when nobody said, in milliseconds. */
const waitMsDefault = 10_000;

/**
 * Writes the message down in the outbox and delivers it, in its lane's order, as far as the time goes. Whatever happens
 * once it is written down, it is kept.
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
  const guard = whileUnowned(file, () => thisProcess('bellhop send'));
  const spool = openSpool({ file, limits, clock: systemClock }, guard);
  const acceptance = await spool.accept(submission).finally(() => spool.close());
  if (acceptance.kind === 'conflict') {
    throw new Failure('idempotency_conflict', { detail: `It belongs to ${acceptance.id}.` });
  }
  const { id, entryIds } = acceptance;
  const message = { id, room: room.name };
  if (options.queue) return { ...message, state: 'accepted' };
  const key = { account: room.account, room: room.room };
  const deadline = AbortSignal.timeout(options.waitMs ?? waitMsDefault);
  try {
    const { deliverEntries } = await import('./deliver-entries.ts');
    const views = await deliverEntries({ settings, file, key, id, entryIds, deadline });
    return reportEntries(message, views, 'kept');
  } catch (thrown) {
    // It is on disk: whoever hears that this failed sends it a second time.
    return { ...message, state: 'kept', error: `Its delivery broke off: ${wordsOf(thrown)}` };
  }
}

/** What is the matter, without what a failure says of what was kept: a bug by what was thrown. */
function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Failure)) return thrown instanceof Error ? thrown.message : 'a bug';
  return [thrown.detail ?? thrown.entry.sentence, ...thrown.problems].join(' ');
}
