import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { CryptoDevice, CryptoDevices, DeviceOptions } from '../crypto-device.ts';
import { type CryptoDevicesOptions, openCryptoDevices } from './open-crypto-devices.ts';

/** Devices in a directory that goes away with them. */
export interface TempDevices extends AsyncDisposable {
  readonly directory: string;
  readonly devices: CryptoDevices;
  optionsOf(account: string, changes?: Partial<DeviceOptions>): DeviceOptions;
  /** Opens an account's device by its name: `bot` is `@bot:example.org` with the device `BOT`. */
  open(account: string, changes?: Partial<DeviceOptions>): Promise<CryptoDevice>;
}

/** Devices in a thread of their own. */
export function tempDevices(options: Partial<CryptoDevicesOptions> = {}): TempDevices {
  const devices = openCryptoDevices({ clock: systemClock, ...options });
  return tempDirectory(devices, async () => await devices.close());
}

/** Devices in a thread that several tests have in common, which is much faster to have. */
export function tempDevicesIn(devices: CryptoDevices): TempDevices {
  return tempDirectory(devices, async (opened) => {
    for (const device of opened) await device.close();
  });
}

function tempDirectory(
  devices: CryptoDevices,
  close: (opened: readonly CryptoDevice[]) => Promise<void>,
): TempDevices {
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-devices-'));
  const opened: CryptoDevice[] = [];
  const optionsOf = (account: string, changes: Partial<DeviceOptions> = {}): DeviceOptions => ({
    account,
    userId: `@${account}:example.org`,
    deviceId: account.toUpperCase(),
    file: join(directory, `${account}.db`),
    key: new Uint8Array(32).fill(7),
    ...changes,
  });
  return {
    directory,
    devices,
    optionsOf,
    async open(account, changes) {
      const device = await devices.open(optionsOf(account, changes));
      opened.push(device);
      return device;
    },
    async [Symbol.asyncDispose]() {
      await close(opened);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
