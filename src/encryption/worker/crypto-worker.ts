import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { initAsync } from '@matrix-org/matrix-sdk-crypto-wasm';
import { OlmDevice } from './olm-device.ts';
import { serveDevices } from './serve-devices.ts';

/** The thread that holds all devices' keys. Started by crypto-thread.ts alone. */
if (parentPort !== null) {
  // The engine's 8 MB are checked a function at a time, as each is first called, and not whole at every start.
  setFlagsFromString('--wasm-lazy-validation');
  // It loads while the first device's session is looked for; whoever opens a device hears of a failure.
  initAsync().catch(() => undefined);
  serveDevices(parentPort, async (options) => await OlmDevice.open(options));
}
