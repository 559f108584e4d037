import { flushCompileCache } from 'node:module';
import { systemClock } from '../../src/clock.ts';
import { DeviceSession } from '../../src/encryption/device-session.ts';
import { LiveDevice } from '../../src/encryption/live-device.ts';
import { openDeviceStore } from '../../src/encryption/worker/device-store.ts';
import { OlmDevice } from '../../src/encryption/worker/olm-device.ts';
import { openNodeHomeserver } from '../../src/matrix/node-homeserver.ts';
import { openUngrouped } from './open-ungrouped.ts';
import { type ReceiverAccount, receiverStore } from './receiver-account.ts';
import type { FromReceiver, ToReceiver } from './receiver-message.ts';

/**
 * A device that is given keys, as a process that can be killed: `node test/chaos/receiver.ts ACCOUNT [SABOTAGE]`, forked.
 * It loads its code and waits to be told to start.
 */
function tell(message: FromReceiver): void {
  process.send?.(message);
}

/** The whole of a life: no homeserver that runs beside it takes longer. */
const lifeMsMax = 60_000;

async function follow(account: ReceiverAccount, sabotage: string | undefined): Promise<void> {
  const openStore = sabotage === 'no-group' ? openUngrouped : openDeviceStore;
  const device = await OlmDevice.open(receiverStore(account), openStore);
  const receive = device.receiveSync.bind(device);
  device.receiveSync = async (body) => {
    tell('taking-in');
    return await receive(body);
  };
  const homeserver = openNodeHomeserver(account.baseUrl);
  const { accessToken, userId, deviceId } = account;
  const speaking = { homeserver, accessToken, userId, deviceId };
  const signal = AbortSignal.timeout(lifeMsMax);
  const sessions = {
    withSession: async <Result>(_: string, run: (session: typeof speaking) => Promise<Result>) =>
      await run(speaking),
  };
  const session = await DeviceSession.of('receiver', sessions, signal);
  const live = new LiveDevice({
    device,
    session,
    clock: systemClock,
    onNews: () => undefined,
    onShared: () => undefined,
  });
  await live.begin();
  // Each answer has up to a hundred messages, so the next may have more.
  while (await live.sync(0, signal));
  // A process that is killed leaves no compiled code behind by itself.
  flushCompileCache();
  tell('caught-up');
}

const [account = '', sabotage] = process.argv.slice(2);
process.on('message', (_: ToReceiver) => void follow(JSON.parse(account), sabotage));
// The run is gone: nobody is left who could kill this one.
process.on('disconnect', () => process.exit(0));
tell('loaded');
