import type { CryptoDevice } from './crypto-device.ts';

/** Closes a device; one that died is closed already. */
export async function closeDevice(device: CryptoDevice): Promise<void> {
  // Whatever went wrong was said to those whose calls were under way.
  await device.close().catch(() => undefined);
}
