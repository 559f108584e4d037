/**
 * What nearly every entry has is not stored: null stands for it. These values are in every database, so they never
 * change, whatever new entries are given.
 */
const usualType = 'm.room.message';
const usualTxnId = (notificationId: string, ordinal: number) => `bh-${notificationId}-${ordinal}`;

/** An event type as it is stored; the inverse of `typeOf`. */
export function storedType(type: string): string | null {
  return type === usualType ? null : type;
}

export function typeOf(stored: string | null): string {
  return stored ?? usualType;
}

/** A transaction id as it is stored; the inverse of `txnIdOf`. */
export function storedTxnId(txnId: string, notificationId: string, ordinal: number): string | null {
  return txnId === usualTxnId(notificationId, ordinal) ? null : txnId;
}

export function txnIdOf(stored: string | null, notificationId: string, ordinal: number): string {
  return stored ?? usualTxnId(notificationId, ordinal);
}
