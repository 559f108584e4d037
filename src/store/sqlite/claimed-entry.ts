import type { ClaimedEntry, Target } from '../../outbox/outbox.ts';
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

/** Bytes that came from another thread are one already. */
function buffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function targetOf(roomId: string | null, deviceId: string | null): Target | undefined {
  return roomId === null || deviceId === null ? undefined : { roomId, deviceId };
}
