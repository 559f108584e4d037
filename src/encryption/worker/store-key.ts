import { createHash, hkdfSync } from 'node:crypto';
import { Failure } from '../../errors.ts';
import type { DeviceOptions } from '../crypto-device.ts';

/** What the store's cipher and HKDF-SHA-256 take and give. */
const keyBytes = 32;

/**
 * The 32 bytes that open one device's store, derived from the key that all stores have in common: no two stores share one.
 *
 * @throws Failure encryption_store_unusable when the given key does not have 32 bytes
 */
export function storeKey({ key, userId, deviceId }: DeviceOptions): Uint8Array {
  if (key.length !== keyBytes) {
    const detail = `The key has ${key.length} bytes; it must have ${keyBytes}.`;
    throw new Failure('encryption_store_unusable', { detail });
  }
  const info = `bellhop crypto store\0${userId}\0${deviceId}`;
  return new Uint8Array(hkdfSync('sha256', key, '', info, keyBytes));
}

/** The name of a device's databases: the same at every opening, and no other device's. */
export function storePrefix(userId: string, deviceId: string): string {
  const hash = createHash('sha256').update(`${userId}\0${deviceId}`).digest('hex');
  // 128 bits are enough for no two devices to meet.
  return `bellhop-${hash.slice(0, 32)}`;
}
