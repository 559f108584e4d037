import { hasDevice } from '../matrix/devices.ts';
import { type PublishedKeys, queryKeys } from '../matrix/keys.ts';
import { closeDevice } from './close-device.ts';
import type { CryptoDevice, CryptoDevices, DeviceOptions } from './crypto-device.ts';
import type { DeviceSession } from './device-session.ts';

/** An opened device, and what its homeserver showed of the account meanwhile. */
export interface ConfirmedDevice {
  readonly device: CryptoDevice;
  /** Undefined: it showed that before the store was begun. */
  readonly shown: PublishedKeys | undefined;
}

interface Confirmation {
  readonly shown: PublishedKeys;
  /** The account has no such device. */
  readonly isGone: boolean;
}

/**
 * Opens the store of the session's device, and asks the homeserver for that device meanwhile. Another process may have
 * logged the account in anew: then the store belongs to the new device by now, and must not be begun anew for the old one.
 * So a store is begun only after the answer; one that is this device's own suffers nothing from being opened.
 *
 * Undefined: there is neither a store nor a device.
 *
 * @throws DeviceChanged, and what `CryptoDevices.open` and a session's requests throw; the device is closed then
 */
export async function openConfirmedDevice(
  devices: Pick<CryptoDevices, 'open' | 'openKept'>,
  options: DeviceOptions,
  session: DeviceSession,
  signal: AbortSignal,
): Promise<ConfirmedDevice | undefined> {
  const confirming = confirm(session, signal);
  const opening = devices.openKept(options);
  await Promise.allSettled([confirming, opening]);
  try {
    await confirming;
  } catch (error) {
    const kept = await opening.catch(() => undefined);
    if (kept !== undefined) await closeDevice(kept);
    throw error;
  }
  const { shown, isGone } = await confirming;
  const kept = await opening;
  if (kept !== undefined) return { device: kept, shown };
  return isGone ? undefined : { device: await devices.open(options), shown: undefined };
}

/** A device that is shown is there; one that is not may have yet to upload its keys. */
async function confirm(speaker: DeviceSession, signal: AbortSignal): Promise<Confirmation> {
  return await speaker.run(async (session) => {
    const { deviceId, userId } = session;
    const shown = await queryKeys(session, userId, signal);
    const isThere = shown.devices.has(deviceId) || (await hasDevice(session, deviceId, signal));
    return { shown, isGone: !isThere };
  }, signal);
}
