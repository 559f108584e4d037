import type { Attachment, EntryView } from './entry.ts';
import type {
  ClaimedEntry,
  FailureCount,
  Lane,
  NewEntry,
  Outbox,
  Submission,
  Target,
  Work,
} from './outbox.ts';

/** An implementation under the contract, alone with its storage. */
export interface OutboxHarness {
  readonly outbox: Outbox;
  /** The same storage, opened as after kill -9; the outbox before is of no use any more. */
  restart(): Promise<Outbox>;
  close(): Promise<void>;
}

export interface OutboxLimits {
  readonly queued: number;
  readonly queuedPerSource: number;
}

/** Opens an empty outbox. */
export type OpenOutbox = (limits?: OutboxLimits) => Promise<OutboxHarness>;

export const target: Target = { roomId: '!here', deviceId: 'DEVICE' };
export const otherTarget: Target = { roomId: '!there', deviceId: 'DEVICE' };

/** A wall-clock time to count from. */
export const t0 = 1_700_000_000_000;

export function entry(room = '!ops:x', change: Partial<NewEntry> = {}): NewEntry {
  return {
    lane: { account: 'main', room },
    txnId: `txn-${room}`,
    type: 'm.room.message',
    content: '{"body":"disk full","msgtype":"m.text"}',
    ...change,
  };
}

/** What `lateSubmission` makes is late from then on. */
export const lateAt: number = t0 + 60_001;

/** One entry that is late 60 s after `t0`. */
export function lateSubmission(id: string, change: Partial<NewEntry> = {}): Submission {
  return submission(id, { entries: [entry('!ops:x', { lateAfterMs: 60_000, ...change })] });
}

export function submission(id: string, change: Partial<Submission> = {}): Submission {
  return { id, source: 'cluster', createdAt: t0, entries: [entry()], ...change };
}

/** Runs a claim of the contract with an outbox of its own. */
export function withOutbox(
  open: OpenOutbox,
  claim: (outbox: Outbox, harness: OutboxHarness) => Promise<void>,
  limits?: OutboxLimits,
): () => Promise<void> {
  return async () => {
    const harness = await open(limits);
    try {
      await claim(harness.outbox, harness);
    } finally {
      await harness.close();
    }
  };
}

/** The lane of a room that has work. */
export async function laneOf(outbox: Outbox, room = '!ops:x'): Promise<Lane> {
  const lane = (await outbox.lanesWithWork()).find(({ key }) => key.room === room);
  if (lane === undefined) throw new Error(`the lane of ${room} has no work`);
  return lane;
}

/** Claims what a lane owes, as its first claim. */
export async function claimAll(
  outbox: Outbox,
  room = '!ops:x',
  now: number = t0,
): Promise<ClaimedEntry[]> {
  const lane = await laneOf(outbox, room);
  return await outbox.claim(lane.id, 0, target, 1_000, now);
}

export async function deliver(outbox: Outbox, seq: number, at: number = t0): Promise<void> {
  await outbox.settle([{ seq, state: 'delivered', eventId: `$event-${seq}`, at }]);
}

export async function kill(outbox: Outbox, seq: number, at: number = t0): Promise<void> {
  await outbox.settle([{ seq, state: 'dead', reason: 'refused', error: 'M_FORBIDDEN', at }]);
}

export async function viewOf(outbox: Outbox, entryId: string): Promise<EntryView | undefined> {
  const views = await outbox.entries({ limit: 10_000 });
  return views.find(({ id }) => id === entryId);
}

/** An entry's file, put together; undefined: it has none. */
export async function wholeFile(outbox: Outbox, seq: number): Promise<Attachment | undefined> {
  const file = await outbox.attachment(seq);
  if (file === undefined) return undefined;
  const { fileName, contentType, sizeBytes } = file;
  const bytes = Uint8Array.from(Buffer.concat(await Array.fromAsync(file.chunks())));
  if (bytes.length !== sizeBytes) throw new Error(`${bytes.length} bytes instead of ${sizeBytes}`);
  return { fileName, contentType, bytes };
}

/** The single element of a list. */
export function only<Item>(items: readonly Item[]): Item {
  const [item, ...others] = items;
  if (item === undefined || others.length > 0) throw new Error(`${items.length} instead of one`);
  return item;
}

export const noFailures: FailureCount = { count: 0, since: undefined };

/** Accepts `n1`, `n2`, … for one room. */
export async function acceptMany(outbox: Outbox, count: number, room = '!ops:x'): Promise<void> {
  for (let index = 1; index <= count; index++) {
    await outbox.accept(submission(`n${index}`, { entries: [entry(room)] }));
  }
}

/** A lane with two entries, all of which are claimed. */
export async function claimTwo(
  outbox: Outbox,
): Promise<{ lane: Lane; first: ClaimedEntry; second: ClaimedEntry }> {
  await acceptMany(outbox, 2);
  const lane = await laneOf(outbox);
  const [first, second] = await outbox.claim(lane.id, 0, target, 16, t0 + 5);
  if (first === undefined || second === undefined) throw new Error('two entries were accepted');
  return { lane, first, second };
}

/** What is told of new work, one telling after the other. */
export function listen(outbox: Outbox): {
  readonly end: () => void;
  readonly next: () => Promise<readonly Work[] | undefined>;
} {
  const { readable, writable } = new TransformStream<readonly Work[], readonly Work[]>(
    undefined,
    undefined,
    { highWaterMark: 100 },
  );
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const end = outbox.onWork((work) => void writer.write(work));
  return { end, next: async () => (await reader.read()).value };
}
