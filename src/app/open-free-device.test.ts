import { expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import type { CryptoDevice, DeviceOptions } from '../encryption/crypto-device.ts';
import { Failure } from '../errors.ts';
import { openFreeDevice } from './open-free-device.ts';

const options = { account: 'main' } as DeviceOptions;
const device = {} as CryptoDevice;
const { signal } = new AbortController();
const held = new Failure('encryption_store_unusable', { retryAfterMs: 250 });

/** Every wait is over at once. */
function hastyClock(): Clock {
  let elapsed = 0;
  return {
    now: () => elapsed,
    monotonic: () => elapsed,
    after(delayMs, run) {
      elapsed += delayMs;
      queueMicrotask(run);
      return () => undefined;
    },
  };
}

/** Devices that open after so many refusals. */
function devicesAfter(refusals: number, failure: Failure) {
  let opened = 0;
  return {
    open: async () => {
      await Promise.resolve();
      if (opened++ < refusals) throw failure;
      return device;
    },
  };
}

it('a store that somebody looks at is waited for', async () => {
  const devices = devicesAfter(3, held);
  expect(await openFreeDevice(devices, options, hastyClock(), signal)).toBe(device);
});

it('a store that is held for good, or damaged, is refused', async () => {
  const occupied = devicesAfter(Number.POSITIVE_INFINITY, held);
  await expect(openFreeDevice(occupied, options, hastyClock(), signal)).rejects.toBe(held);
  const failure = new Failure('encryption_store_unusable');
  const damaged = devicesAfter(1, failure);
  await expect(openFreeDevice(damaged, options, hastyClock(), signal)).rejects.toBe(failure);
});
