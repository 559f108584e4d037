import { systemClock } from '../../clock.ts';
import { Dispatcher } from '../../delivery/dispatcher.ts';
import type { Wait } from '../../delivery/policy.ts';
import { Failure } from '../../errors.ts';
import { type EntryView, isPending, type LaneKey } from '../../outbox/entry.ts';
import type { DeliveryQueue, Lane, Work } from '../../outbox/outbox.ts';
import { type Ownership, takeOwnership } from '../../store/owner-lock.ts';
import { openInlineStore } from '../../store/sqlite/open-inline-store.ts';
import type { SqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { silentEvents } from '../silent-events.ts';
import { thisProcess } from '../this-process.ts';
import { openOneShotSender } from './one-shot-sender.ts';
import type { SendSettings } from './send-settings.ts';

/** How often a directory that another process owns is tried again, in milliseconds. */
const ownerRetryMs = 50;
/** A request that is under way when the time is over gets this much more, in milliseconds. */
const graceMs = 2_000;

/** What a lane waits for that does not pass while `send` waits: somebody has to do something first. */
const needsSomebody: ReadonlySet<string> = new Set<Wait['kind']>(['room', 'encryption', 'account']);

/** Entries that are in the outbox and are to be delivered now. */
interface Delivery {
  readonly settings: SendSettings;
  /** The database. */
  readonly file: string;
  readonly key: LaneKey;
  /** The notification's id. */
  readonly id: string;
  readonly entryIds: readonly string[];
  readonly deadline: AbortSignal;
}

/** The outbox as one lane sees it: `send` delivers what it owes and what stands before it, and nothing else. */
function onlyLane(store: SqliteStore, key: LaneKey): DeliveryQueue {
  const isOurs = (lane: Lane) => lane.key.account === key.account && lane.key.room === key.room;
  return new Proxy<DeliveryQueue>(store, {
    get(target, name) {
      if (name === 'lanesWithWork') {
        return async () => (await target.lanesWithWork()).filter(isOurs);
      }
      if (name === 'onWork') {
        return (listener: (work: readonly Work[]) => void) =>
          target.onWork((work) => listener(work.filter(({ lane }) => isOurs(lane))));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function own(dataDir: string): Ownership | undefined {
  try {
    return takeOwnership(dataDir, thisProcess('bellhop send'));
  } catch (error) {
    if (error instanceof Failure && error.code === 'data_dir_owned') return undefined;
    throw error;
  }
}

async function isKnownAsEncrypted(store: SqliteStore, key: LaneKey): Promise<boolean> {
  const rooms = await store.rooms();
  return rooms.some(
    ({ account, room, encrypted }) => encrypted && account === key.account && room === key.room,
  );
}

/** Delivers the lane in order until these entries are settled or the time is over. */
async function drain(
  store: SqliteStore,
  { settings, key, entryIds, deadline }: Delivery,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const parts = { queue: store, memory: store };
  const oneShot = await openOneShotSender(settings, key.account, parts, 'store');
  opened.defer(async () => await oneShot.close());
  if (await isKnownAsEncrypted(store, key)) oneShot.prepareEncryption(key, deadline);
  await store.recover();
  const queue = onlyLane(store, key);
  const stuck = new AbortController();
  const dispatcher = new Dispatcher({
    queue,
    sender: oneShot.sender,
    clock: systemClock,
    random: Math.random,
    events: {
      ...silentEvents,
      laneWaits: (wait) => needsSomebody.has(wait.for) && stuck.abort(),
    },
  });
  opened.defer(async () => await dispatcher.stop(graceMs));
  await dispatcher.start();
  await store.whenSettled(entryIds, AbortSignal.any([deadline, stuck.signal]));
}

/** Waits for whoever owns the data directory, or becomes the owner and delivers; at most until the deadline. */
async function deliver(store: SqliteStore, delivery: Delivery): Promise<void> {
  const { settings, entryIds, deadline } = delivery;
  while (!deadline.aborted) {
    const ownership = own(settings.dataDir);
    if (ownership !== undefined) {
      try {
        await drain(store, delivery);
      } finally {
        ownership.release();
      }
      return;
    }
    const step = AbortSignal.any([deadline, AbortSignal.timeout(ownerRetryMs)]);
    const views = await store.whenSettled(entryIds, step);
    if (!views.some((view) => isPending(view.state))) return;
  }
}

/** Delivers entries that are in the outbox, as far as the time goes; how they stand then. */
export async function deliverEntries(delivery: Delivery): Promise<EntryView[]> {
  const { settings, file, id, entryIds } = delivery;
  const store = openInlineStore({ file, limits: settings.limits, clock: systemClock });
  try {
    await deliver(store, delivery);
    return await store.entries({ notificationId: id, limit: entryIds.length });
  } finally {
    await store.close();
  }
}
