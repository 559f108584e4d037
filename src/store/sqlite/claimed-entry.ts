import type {
  ClaimedEntry,
  CoveredEntry,
  NewEntry,
  Submission,
  Target,
} from '../../outbox/outbox.ts';
import { type ClaimedRow, column } from './claimed-row.ts';
import type { CoveredPlace } from './operations/accept.ts';
import { stateCodes } from './state-codes.ts';

/** What an encrypted event is called (Client-Server API "m.room.encrypted"). */
const sealedType = 'm.room.encrypted';

/** A claimed entry as delivery sees it. */
export function claimedEntry(row: ClaimedRow): ClaimedEntry {
  const type = row[column.type];
  const final = row[column.final];
  const createdAt = row[column.createdAt];
  const accepted = buffer(row[column.accepted]);
  const sealedFor = targetOf(row[column.sealedRoomId], row[column.sealedDeviceId]);
  const notificationId = row[column.notificationId];
  return {
    seq: row[column.seq],
    id: `${notificationId}-${row[column.ordinal]}`,
    notificationId,
    source: row[column.source],
    txnId: row[column.txnId],
    type: sealedFor === undefined ? type : sealedType,
    content: final === null ? accepted : buffer(final),
    createdAt,
    lateAfterMs: row[column.lateAfterMs] ?? undefined,
    expireAt: row[column.expireAt] ?? undefined,
    accepted: final === null ? undefined : { type, content: accepted },
    sealedFor,
    hasAttachment: row[column.hasAttachment] === 1,
    unknown: row[column.state] === stateCodes.unknown ? unknownOf(row) : undefined,
    failures: {
      count: row[column.failures],
      since: row[column.failuresSince] ?? undefined,
    },
  };
}

function unknownOf(row: ClaimedRow): ClaimedEntry['unknown'] {
  return {
    since: row[column.unknownSince] ?? row[column.createdAt],
    target: targetOf(row[column.unknownRoomId], row[column.unknownDeviceId]),
  };
}

/**
 * The only entry of a submission that was just accepted, as a claim would hand it out. Its content is encoded once more:
 * to keep the first bytes until the answer would double what waits for a slow disk.
 */
export function coveredEntry(
  { id, source, createdAt }: Submission,
  { txnId, type, content, lateAfterMs, expireAt }: NewEntry,
  { seq, after }: CoveredPlace,
): CoveredEntry {
  const entry = {
    seq,
    id: `${id}-1`,
    notificationId: id,
    source,
    txnId,
    type,
    content: Buffer.from(content),
    createdAt,
    lateAfterMs,
    expireAt,
    accepted: undefined,
    sealedFor: undefined,
    hasAttachment: false,
    unknown: undefined,
    failures: { count: 0, since: undefined },
  };
  return { entry, after };
}

/** Bytes that came from another thread are one already. */
function buffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function targetOf(roomId: string | null, deviceId: string | null): Target | undefined {
  return roomId === null || deviceId === null ? undefined : { roomId, deviceId };
}
