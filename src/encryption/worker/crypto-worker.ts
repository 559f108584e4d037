import { parentPort } from 'node:worker_threads';
import { OlmDevice } from './olm-device.ts';
import { serveDevices } from './serve-devices.ts';

/** The thread that holds all devices' keys. Started by crypto-thread.ts alone. */
if (parentPort !== null) {
  serveDevices(parentPort, async (options) => await OlmDevice.open(options));
}
