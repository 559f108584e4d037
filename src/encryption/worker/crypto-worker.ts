import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { OlmDevice } from './olm-device.ts';
import { serveDevices } from './serve-devices.ts';

/** The thread that holds all devices' keys. Started by crypto-thread.ts alone. */
if (parentPort !== null) {
  // The engine's 8 MB are checked a function at a time, as each is first called, and not whole at every start.
  setFlagsFromString('--wasm-lazy-validation');
  serveDevices(parentPort, async (options) => await OlmDevice.open(options));
}
