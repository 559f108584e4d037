import { hostname } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../clock.ts';
import { Dispatcher } from '../../delivery/dispatcher.ts';
import { Failure } from '../../errors.ts';
import { deadReasons, type EntryView, isPending, type LaneKey } from '../../outbox/entry.ts';
import type { DeliveryQueue, Lane } from '../../outbox/outbox.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { type Ownership, takeOwnership } from '../../store/owner-lock.ts';
import { openInlineStore } from '../../store/sqlite/open-inline-store.ts';
import type { SqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { silentEvents } from '../silent-events.ts';
import { chooseRoom, draftMessage } from './draft-message.ts';
import { openOneShotSender } from './one-shot-sender.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** How long delivery is tried when nobody said, in milliseconds. */
const waitMsDefault = 10_000;
/** How often a directory that another process owns is tried again, in milliseconds. */
const ownerRetryMs = 50;
/** A request that is under way when the time is over gets this much more, in milliseconds. */
const graceMs = 2_000;

/** The outbox as one lane sees it: `send` delivers what it owes and what stands before it, and nothing else. */
function onlyLane(store: SqliteStore, key: LaneKey): DeliveryQueue {
  const isOurs = (lane: Lane) => lane.key.account === key.account && lane.key.room === key.room;
  return new Proxy<DeliveryQueue>(store, {
    get(target, name) {
      if (name === 'lanesWithWork') {
        return async () => (await target.lanesWithWork()).filter(isOurs);
      }
      if (name === 'onWork') {
        return (listener: (lanes: readonly Lane[]) => void) =>
          target.onWork((lanes) => listener(lanes.filter(isOurs)));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function own(dataDir: string): Ownership | undefined {
  try {
    const startedAt = systemClock.now();
    const holder = { pid: process.pid, host: hostname(), startedAt, command: 'bellhop send' };
    return takeOwnership(dataDir, holder);
  } catch (error) {
    if (error instanceof Failure && error.code === 'data_dir_owned') return undefined;
    throw error;
  }
}

/** Delivers the lane in order until these entries are settled or the time is over. */
async function drain(
  store: SqliteStore,
  settings: SendSettings,
  key: LaneKey,
  entryIds: readonly string[],
  deadline: AbortSignal,
): Promise<void> {
  await store.recover();
  const { sender, accounts } = await openOneShotSender(settings, key.account, {
    queue: store,
    memory: store,
  });
  const queue = onlyLane(store, key);
  const { clock, random } = { clock: systemClock, random: Math.random };
  const dispatcher = new Dispatcher({ queue, sender, clock, random, events: silentEvents });
  await dispatcher.start();
  await store.whenSettled(entryIds, deadline);
  await dispatcher.stop(graceMs);
  await accounts.close();
}

/** Waits for whoever owns the data directory, or becomes the owner and delivers. */
async function deliver(
  store: SqliteStore,
  settings: SendSettings,
  key: LaneKey,
  entryIds: readonly string[],
  deadline: AbortSignal,
): Promise<void> {
  for (;;) {
    const ownership = own(settings.dataDir);
    if (ownership !== undefined) {
      try {
        await drain(store, settings, key, entryIds, deadline);
      } finally {
        ownership.release();
      }
      return;
    }
    const step = AbortSignal.any([deadline, AbortSignal.timeout(ownerRetryMs)]);
    const views = await store.whenSettled(entryIds, step);
    if (deadline.aborted || !views.some((view) => isPending(view.state))) return;
    await pause(systemClock, 0, deadline);
  }
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
  try {
    const acceptance = await store.accept(submission);
    if (acceptance.kind === 'conflict') {
      throw new Failure('idempotency_conflict', { detail: `It belongs to ${acceptance.id}.` });
    }
    const { id, entryIds } = acceptance;
    if (options.queue) return { id, state: 'accepted', room: room.name };
    const deadline = AbortSignal.timeout(options.waitMs ?? waitMsDefault);
    const key = { account: room.account, room: room.room };
    await deliver(store, settings, key, entryIds, deadline);
    const views = await store.entries({ notificationId: id, limit: entryIds.length });
    return reportOf(id, room.name, views);
  } finally {
    await store.close();
  }
}
