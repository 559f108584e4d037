import { Readable } from 'node:stream';
import type { Outcome } from '../../delivery/outcome.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { Failure } from '../../errors.ts';
import {
  type Attachment,
  deadReasons,
  type LaneKey,
  type StoredAttachment,
} from '../../outbox/entry.ts';
import type { ClaimedEntry, NewEntry, Submission } from '../../outbox/outbox.ts';
import { chooseRoom, draftMessage } from './draft-message.ts';
import { openOneShotSender } from './one-shot-sender.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** How long the homeserver may take when nobody said, in milliseconds. */
const waitMsDefault = 10_000;

function claimed(submission: Submission, entry: NewEntry, seq: number): ClaimedEntry {
  return {
    seq,
    id: `${submission.id}-${seq + 1}`,
    notificationId: submission.id,
    source: submission.source,
    txnId: entry.txnId,
    type: entry.type,
    content: Buffer.from(entry.content),
    createdAt: submission.createdAt,
    lateAfterMs: undefined,
    expireAt: undefined,
    accepted: undefined,
    sealedFor: undefined,
    hasAttachment: entry.attachment !== undefined,
    unknown: undefined,
    failures: { count: 0, since: undefined },
  };
}

/** A file that nothing but this process has. */
function asStored(attachment: Attachment | undefined): StoredAttachment | undefined {
  if (attachment === undefined) return undefined;
  const { fileName, contentType, bytes } = attachment;
  const chunks = () => Readable.from([bytes]);
  return { fileName, contentType, sizeBytes: bytes.byteLength, chunks };
}

/** What the rest of the house would keep on disk, for as long as this process lives. */
function shortMemory(submission: Submission) {
  const records: RoomRecord[] = [];
  return {
    memory: {
      rooms: () => Promise.resolve(records),
      remember: (record: RoomRecord) => {
        records.splice(0, records.length, record);
        return Promise.resolve();
      },
      // Whoever saw it keeps it in mind.
      markEncrypted: () => Promise.resolve(),
    },
    queue: {
      attachment: (seq: number) => Promise.resolve(asStored(submission.entries[seq]?.attachment)),
      isKnownEvent: () => Promise.resolve(false),
      eventIdOf: () => Promise.resolve(undefined),
    },
  };
}

/** Nothing was kept, so everything but a delivery is a failure. */
function orThrow(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return outcome.eventId;
    case 'dead':
      throw new Failure('undeliverable', {
        detail: `${deadReasons[outcome.reason]} (${outcome.error})`,
      });
    case 'room-closed':
      throw new Failure('room_closed', { detail: outcome.error });
    case 'cannot-encrypt':
      throw new Failure('login_refused', { detail: outcome.error });
    case 'account-blocked':
      throw outcome.failure ?? new Failure('login_refused', { detail: outcome.error });
    case 'away':
      throw outcome.failure ?? new Failure('homeserver_unreachable', { detail: outcome.error });
    case 'limited':
    case 'failed':
      throw new Failure('homeserver_unreachable', { detail: outcome.error });
  }
}

/**
 * Sends without writing anything down: one attempt, and never into an encrypted room.
 *
 * @throws Failure homeserver_unreachable, homeserver_unusable, room_closed, login_refused, undeliverable
 */
export async function sendDirectly(
  settings: SendSettings,
  options: SendOptions,
  text: string,
): Promise<SendReport> {
  const room = chooseRoom(settings, options);
  const submission = await draftMessage(room, options, text);
  const key: LaneKey = { account: room.account, room: room.room };
  const signal = AbortSignal.timeout(options.waitMs ?? waitMsDefault);
  const parts = shortMemory(submission);
  const oneShot = await openOneShotSender(settings, room.account, parts, 'nothing');
  const { sender } = oneShot;
  try {
    const opening = await sender.open(key, signal);
    if (!opening.ok) orThrow(opening.setback);
    const { target } = opening as Extract<typeof opening, { ok: true }>;
    const eventIds: string[] = [];
    for (const [seq, entry] of submission.entries.entries()) {
      const attempt = claimed(submission, entry, seq);
      const completion = sender.mustComplete(attempt, target)
        ? await sender.complete(attempt, target, key, signal)
        : { ok: true as const, content: entry.content };
      if (!completion.ok) orThrow(completion.setback);
      const { content: final } = completion as Extract<typeof completion, { ok: true }>;
      const content = Buffer.from(final);
      eventIds.push(orThrow(await sender.send({ ...attempt, content }, target, key, signal)));
    }
    const [eventId] = eventIds;
    return { id: submission.id, state: 'delivered', room: room.name, event_id: eventId };
  } finally {
    await oneShot.close();
  }
}
