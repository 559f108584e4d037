/** The values of a claimed row in their order, of an entry `e` and its content `c`. */
export const claimedColumns = `e.seq, e.ordinal, e.notification_id, e.source_id, e.txn_id, e.type, c.accepted, c.final,
  c.sealed_room_id, c.sealed_device_id, e.created_at, e.late_after_ms, e.expire_at, e.has_attachment, e.state,
  e.unknown_since, e.unknown_room_id, e.unknown_device_id, e.failures, e.failures_since`;

/** A claimed entry on its way to the thread that delivers it, see claimed-entry.ts. */
export type ClaimedRow = readonly [
  seq: number,
  ordinal: number,
  notificationId: string,
  source: string,
  txnId: string,
  type: string,
  accepted: Uint8Array,
  final: Uint8Array | null,
  sealedRoomId: string | null,
  sealedDeviceId: string | null,
  createdAt: number,
  lateAfterMs: number | null,
  expireAt: number | null,
  hasAttachment: number,
  state: number,
  unknownSince: number | null,
  unknownRoomId: string | null,
  unknownDeviceId: string | null,
  failures: number,
  failuresSince: number | null,
];

/** Where in a claimed row each value stands. */
export const column = {
  seq: 0,
  ordinal: 1,
  notificationId: 2,
  source: 3,
  txnId: 4,
  type: 5,
  accepted: 6,
  final: 7,
  sealedRoomId: 8,
  sealedDeviceId: 9,
  createdAt: 10,
  lateAfterMs: 11,
  expireAt: 12,
  hasAttachment: 13,
  state: 14,
  unknownSince: 15,
  unknownRoomId: 16,
  unknownDeviceId: 17,
  failures: 18,
  failuresSince: 19,
} as const;
