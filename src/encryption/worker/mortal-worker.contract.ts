import { parentPort } from 'node:worker_threads';
import { DeviceId, OlmMachine, RoomId, UserId } from '@matrix-org/matrix-sdk-crypto-wasm';
import type { CryptoDevice } from '../crypto-device.ts';
import { deadly } from './deadly-users.contract.ts';
import { OlmDevice } from './olm-device.ts';
import { serveDevices } from './serve-devices.ts';

/** The device, with questions that take the thread down. */
export function mortal(device: CryptoDevice): CryptoDevice {
  const masterKeyOf = device.masterKeyOf.bind(device);
  return Object.assign(device, {
    masterKeyOf: async (userId: string) => {
      if (userId === deadly.panic) await panic();
      // In a thread, this ends the thread.
      if (userId === deadly.exit) process.exit(1);
      if (userId === deadly.silence) await new Promise(() => undefined);
      return await masterKeyOf(userId);
    },
  });
}

/** The engine asserts that a key was shared before a message is encrypted. */
async function panic(): Promise<void> {
  const user = new UserId('@someone:example.org');
  const machine = await OlmMachine.initialize(user, new DeviceId('SOMETHING'));
  await machine.encryptRoomEvent(new RoomId('!nobody:example.org'), 'm.room.message', '{}');
}

if (parentPort !== null) {
  serveDevices(parentPort, async (options) => mortal(await OlmDevice.open(options)));
}
