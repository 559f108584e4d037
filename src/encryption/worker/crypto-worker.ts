import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { initAsync } from '@matrix-org/matrix-sdk-crypto-wasm';
import { OlmDevice } from './olm-device.ts';
import { serveDevices } from './serve-devices.ts';
import type { OpenDevice } from './thread-message.ts';

/** Begins to load the engine into this thread; whoever opens a device hears of a failure. */
export function loadEngine(): void {
  // Its 8 MB are checked a function at a time, as each is first called, and not whole at every start.
  setFlagsFromString('--wasm-lazy-validation');
  initAsync().catch(() => undefined);
}

export const openDevice: OpenDevice = async (options, kind) =>
  await (kind === 'open' ? OlmDevice.open(options) : OlmDevice.openKept(options));

/** The thread that holds all devices' keys, where crypto-thread.ts has started one. */
if (parentPort !== null) {
  loadEngine();
  serveDevices(parentPort, openDevice);
}
