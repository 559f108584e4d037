import type { CryptoDevice, DeviceOptions, OpenedDevice } from '../crypto-device.ts';
import type { FailureRecord } from './failure-record.ts';

/** What a device can be asked from another thread. */
export type DeviceOperation = Exclude<keyof CryptoDevice, 'opened'>;

/** `open-kept`: only if the device has a store. */
export type OpeningKind = 'open' | 'open-kept';

/** Opens a device in this thread; undefined: a kept one was asked for, and there is none. */
export type OpenDevice = (
  options: DeviceOptions,
  kind: OpeningKind,
) => Promise<CryptoDevice | undefined>;

/** What the thread is asked: to open a device under a number, a call on it, or to close all and end. */
export type ToThread =
  | {
      readonly kind: OpeningKind;
      readonly call: number;
      readonly device: number;
      readonly options: DeviceOptions;
    }
  | {
      readonly kind: 'call';
      readonly call: number;
      readonly device: number;
      readonly operation: DeviceOperation;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'close' };

/** What it says: that a device is open, or has no store, a call's result or failure, or what the engine printed before it died. */
export type FromThread =
  | { readonly kind: 'open'; readonly call: number; readonly opened: OpenedDevice | undefined }
  | { readonly kind: 'done'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: FailureRecord }
  | { readonly kind: 'printed'; readonly text: string };
