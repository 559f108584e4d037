import { type Clock, pause } from '../clock.ts';
import type { CryptoDevice, CryptoDevices, DeviceOptions } from '../encryption/crypto-device.ts';
import { Failure } from '../errors.ts';

/** A daemon that cannot use a store looks at it again now and then, each time for the length of a few requests. */
const waitMsMax = 5_000;

/**
 * Opens a device as soon as nobody else has its store open, or within five seconds.
 *
 * @throws Failure encryption_store_unusable and what else opening throws
 */
export async function openFreeDevice(
  devices: Pick<CryptoDevices, 'open'>,
  options: DeviceOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<CryptoDevice> {
  const endsAt = clock.monotonic() + waitMsMax;
  for (;;) {
    try {
      return await devices.open(options);
    } catch (error) {
      const isHeld = error instanceof Failure && error.code === 'encryption_store_unusable';
      const waitMs = isHeld ? error.retryAfterMs : undefined;
      if (waitMs === undefined || signal.aborted || clock.monotonic() >= endsAt) throw error;
      await pause(clock, waitMs, signal);
    }
  }
}
