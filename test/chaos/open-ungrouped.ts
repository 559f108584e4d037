import type { DeviceOptions } from '../../src/encryption/crypto-device.ts';
import { type DeviceStore, openDeviceStore } from '../../src/encryption/worker/device-store.ts';

/** A store in which each of the engine's own transactions is a commit, and nothing makes one of several. */
export async function openUngrouped(options: DeviceOptions): Promise<DeviceStore> {
  const store = await openDeviceStore(options);
  // Without its group, each piece of work still waits for the one before: only commits are to differ.
  let last: Promise<unknown> = Promise.resolve();
  store.group = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return await result;
  };
  return store;
}
