import process, { argv, stdout } from 'node:process';
import type { Failure } from '../../errors.ts';
import { deadly } from './deadly-users.contract.ts';
import { mortal } from './mortal-worker.contract.ts';
import { OlmDevice } from './olm-device.ts';
import { onEngineDeath } from './on-engine-death.ts';
import { openInlineDevices } from './open-inline-devices.ts';

/** Opens a device in this very thread, lets its engine panic, and prints what became of the call, then ends as ever. */
const [, , file = ''] = argv;
const devices = openInlineDevices({
  load: async () => await Promise.resolve(async (options) => mortal(await OlmDevice.open(options))),
  onDeath: (listener) => onEngineDeath(process, listener),
});
let crashes = 0;
devices.onCrash(() => crashes++);
const device = await devices.open({
  account: 'bot',
  userId: '@bot:example.org',
  deviceId: 'BOT',
  file,
  key: new Uint8Array(32).fill(7),
});
const thrown: unknown = await device.masterKeyOf(deadly.panic).catch((error: unknown) => error);
const { code, cause } = thrown as Failure;
await devices.close();
stdout.write(JSON.stringify({ code, cause: String(cause), crashes }));
