import type {
  ClaimedEntry,
  CoveredEntry,
  NewEntry,
  Submission,
  Target,
} from '../../outbox/outbox.ts';
import type { CoveredPlace } from './operations/accept.ts';
import type { ClaimedRow } from './operations/claim.ts';
import { stateCodes } from './state-codes.ts';

/** What an encrypted event is called (Client-Server API "m.room.encrypted"). */
const sealedType = 'm.room.encrypted';

/** A claimed entry as delivery sees it. */
export function claimedEntry(row: ClaimedRow): ClaimedEntry {
  const [
    seq,
    ordinal,
    notificationId,
    source,
    txnId,
    type,
    accepted,
    final,
    sealedRoomId,
    sealedDeviceId,
    createdAt,
    lateAfterMs,
    expireAt,
    hasAttachment,
    state,
    unknownSince,
    roomId,
    deviceId,
    failures,
    failuresSince,
  ] = row;
  const sealedFor = targetOf(sealedRoomId, sealedDeviceId);
  const isUnknown = state === stateCodes.unknown;
  return {
    seq,
    id: `${notificationId}-${ordinal}`,
    notificationId,
    source,
    txnId,
    type: sealedFor === undefined ? type : sealedType,
    content: buffer(final ?? accepted),
    createdAt,
    lateAfterMs: lateAfterMs ?? undefined,
    expireAt: expireAt ?? undefined,
    accepted: final === null ? undefined : { type, content: buffer(accepted) },
    sealedFor,
    hasAttachment: hasAttachment === 1,
    unknown: isUnknown
      ? { since: unknownSince ?? createdAt, target: targetOf(roomId, deviceId) }
      : undefined,
    failures: { count: failures, since: failuresSince ?? undefined },
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
