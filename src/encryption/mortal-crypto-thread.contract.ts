import { parentPort } from 'node:worker_threads';
import type { CryptoDevice, DeviceOptions, KeyShare, Sharing } from './crypto-device.ts';
import { OlmDevice } from './worker/olm-device.ts';
import { serveDevices } from './worker/serve-devices.ts';

/** The share of keys at which a device takes its thread with it, counted from its opening. */
const fatalShare = 2;

/** A real device whose engine dies when a key was given but nobody has been told. */
async function openMortal(options: DeviceOptions): Promise<CryptoDevice> {
  const device = await OlmDevice.open(options);
  const share = device.shareRoomKey.bind(device);
  let shares = 0;
  device.shareRoomKey = async (roomId: string, sharing: Sharing): Promise<KeyShare> => {
    const given = await share(roomId, sharing);
    if (++shares < fatalShare) return given;
    setImmediate(() => {
      throw new Error('The engine died, as this test wants it.');
    });
    return await new Promise(() => undefined);
  };
  return device;
}

/** The keys' thread with devices that die at their second share. */
if (parentPort !== null) serveDevices(parentPort, openMortal);
